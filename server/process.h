// The process as its surroundings see it: limits, signals, and the word to systemd.
#pragma once

#include <uv.h>

#include <cstddef>

#include "base/signal.h"
#include "server/uv_runtime.h"

namespace postroom {

/// Once, before anything else: no SIGPIPE, as many file descriptors as the system allows, and a malloc that gives
/// memory back. Returns how many descriptors there may be.
std::size_t prepare_process();

/// Tells systemd, if it waits for it (sd_notify(3)): "READY=1".
void notify_service_manager(const char* state);

/// SIGTERM and SIGINT ask to stop, SIGHUP to read the configuration again.
class ProcessSignals {
 public:
  explicit ProcessSignals(UvRuntime& runtime);

  /// How often a stop was asked for.
  int stops() const { return stops_; }
  /// True once for one or more SIGHUPs.
  bool take_reload() { return std::exchange(reload_, false); }

  /// Raised by each of them.
  Signal& changed() { return changed_; }

 private:
  void watch(UvRuntime& runtime, int number);

  Signal changed_;
  int stops_ = 0;
  bool reload_ = false;
  std::vector<UvHandle<uv_signal_t>> handles_;
};

}  // namespace postroom
