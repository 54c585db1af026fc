// Mail on its way to other servers: taken in, queued, and passed on, by Postroom and by Postfix if there is
// one (Debian's postfix; its service need not run, and had better not; only root can start it).
#pragma once

#include <memory>
#include <optional>

#include "tests/bench/bench.h"

namespace postroom::bench {

/// A server that sends all mail to one port of this machine.
struct Forwarder {
  std::string name;
  std::uint16_t port = 0;  ///< where it takes mail in
  std::string login;       ///< what a client has to say first, with CRLF
  std::string sender;
  pid_t pid = 0;
  std::shared_ptr<void> server;  ///< it is stopped and removed with this
};

/// Nothing: there is no Postfix here, or we aren't root.
std::optional<Forwarder> start_postfix(const Options& options, std::uint16_t to);

}  // namespace postroom::bench
