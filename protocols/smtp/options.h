// What an SMTP listener is set up with.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace postroom::smtp {

/// Which listener the client came in by.
enum class Port : std::uint8_t {
  transfer,     ///< 25: mail from other servers for our users; no login
  submission,   ///< 587: our users, with STARTTLS and AUTH
  submissions,  ///< 465: our users, with TLS from the first byte, and AUTH
  lmtp,         ///< mail for our users from a server that keeps what we do not take (RFC 2033); no login
};

struct Options {
  Options() = default;
  std::uint64_t message_size = 50u << 20;  ///< bytes; RFC 1870
  bool relay = false;      ///< users who are logged in may send to other servers, aliases may lead there
  std::string srs_secret;  ///< signs addresses of ours that mail is forwarded under (srs.h)
  /// Of a message; and accounts and other servers' addresses that they lead to. RFC 5321 4.5.3.1.8: 100 at
  /// least.
  std::size_t recipients = 1000;
  // Of one user who is logged in; 0: no limit.
  std::uint64_t messages_per_hour = 0;
  std::uint64_t messages_per_day = 0;
  std::uint64_t recipients_per_hour = 0;
  std::uint64_t recipients_per_day = 0;
  std::size_t transactions = 1000;        ///< messages of one connection
  std::size_t fruitless_commands = 5000;  ///< in a row, without a message; then the connection ends
  std::size_t bad_commands = 10;          ///< then the connection ends
  std::size_t failed_logins = 3;          ///< then the connection ends
  std::size_t unknown_recipients = 100;   ///< of one connection, then it ends: somebody is guessing addresses
  unsigned received_fields = 100;  ///< more than so many: the message goes round in circles (RFC 5321 6.3)
  std::uint64_t text_line =
      64u << 10;  ///< bytes of the longest line of a message; RFC 5321 4.5.3.1.6 asks for 1000
  // RFC 5321 4.5.3.2 asks a server to wait for 5 minutes.
  std::chrono::seconds command_time{300};  ///< for one command line, and for a reply to be taken
  std::chrono::seconds idle_time{3600};    ///< from the greeting or the last message taken to the next
  std::chrono::seconds data_pause{300};    ///< between two pieces of a message
  std::chrono::seconds data_time{3600};    ///< for one whole message, however fast or slow it drips
  std::chrono::seconds deliver_time{60};   ///< for the store to take it; then 452 4.3.1
};

}  // namespace postroom::smtp
