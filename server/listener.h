// Listeners: the server's open ports, and the way from an accepted connection to its session.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <uv.h>
#include <vector>

#include "config/config.h"
#include "protocols/service.h"
#include "server/connection_counts.h"
#include "server/uv_runtime.h"

namespace postroom {

class Listeners {
 public:
  /// Starts the session of one connection; called on the loop, outside libuv.
  using Serve = std::function<void(Connection)>;

  Listeners(UvRuntime& runtime, ConnectionLimits limits);
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;
  ~Listeners();

  /// Opens a port and returns its real address, "127.0.0.1:2525" or "[::]:25". `name` is its key in [listen],
  /// for the sentence of the std::runtime_error it throws when it cannot.
  std::string listen(const std::string& name, const Endpoint& endpoint, Serve serve);

  /// Hands over connections until close(). At the connection limit the next ones wait in the system's queue.
  Task<> run();

  /// Takes no more connections. Any time, any number of times.
  void close() noexcept;

  void set_limits(ConnectionLimits limits);

 private:
  struct Port;
  struct Arrival {
    Connection connection;
    const Serve* serve;
  };
  /// What outlives the listeners: sockets that are still being closed refer to it.
  struct Shared {
    ConnectionCounts counts;
    Signal* changed;  // null: the listeners are gone
  };

  void take(Port& port) noexcept;
  void accept(Port& port);
  static void serve(Arrival& arrival) noexcept;
  void refused(const std::string& address);

  UvRuntime& runtime_;
  Signal changed_;
  std::shared_ptr<Shared> shared_;
  std::vector<std::unique_ptr<Port>> ports_;
  std::vector<Arrival> arrivals_;
  TimePoint next_complaint_{};
  bool closed_ = false;
};

}  // namespace postroom
