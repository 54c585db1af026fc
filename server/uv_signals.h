// ProcessSignals: what the system asks of a server, on the loop.
#pragma once

#include <utility>
#include <uv.h>
#include <vector>

#include "base/signal.h"
#include "server/uv_runtime.h"

namespace postroom {

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
