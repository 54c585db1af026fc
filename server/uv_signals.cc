// ProcessSignals: see uv_signals.h.
#include "server/uv_signals.h"

#include <csignal>
#include <stdexcept>
#include <string>

namespace postroom {

ProcessSignals::ProcessSignals(UvRuntime& runtime) : changed_(runtime) {
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) watch(runtime, number);
}

void ProcessSignals::watch(UvRuntime& runtime, int number) {
  UvHandle<uv_signal_t> handle(new uv_signal_t);
  uv_signal_init(runtime.loop(), handle.get());
  handle->data = this;
  const int error = uv_signal_start(
      handle.get(),
      [](uv_signal_t* watched, int arrived) {
        auto* const signals = static_cast<ProcessSignals*>(watched->data);
        if (arrived == SIGHUP) {
          signals->reload_ = true;
        } else {
          ++signals->stops_;
        }
        signals->changed_.raise();
      },
      number);
  if (error != 0) throw std::runtime_error(std::string("cannot watch signals: ") + uv_strerror(error));
  handles_.push_back(std::move(handle));
}

}  // namespace postroom
