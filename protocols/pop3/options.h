// What a POP3 listener is set up with.
#pragma once

#include <chrono>
#include <cstddef>

namespace postroom::pop3 {

struct Options {
  Options() = default;
  std::size_t early_commands = 100;  ///< before a login; then the connection ends
  std::size_t bad_commands = 20;     ///< then the connection ends
  std::size_t failed_logins = 3;     ///< then the connection ends
  // RFC 1939 3: 10 minutes at least.
  std::chrono::seconds login_time{600};  ///< from the greeting to a login
  std::chrono::seconds idle_time{600};   ///< then the session ends without deleting
  std::chrono::seconds write_time{600};  ///< for the client to take a reply, or 256 KiB of a long one
};

}  // namespace postroom::pop3
