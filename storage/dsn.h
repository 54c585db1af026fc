// What a sender asked to be told about its mail (DSN, RFC 3461), as it travels with a message.
#pragma once

#include <cstdint>
#include <string>

namespace postroom {

/// How much of the message a report of failure gives back (RFC 3461 4.3).
enum class Ret : std::uint8_t { unsaid, full, headers };

/// When a recipient's sender wants to hear of it (RFC 3461 4.1).
struct Notify {
  bool said = false;  ///< false: NOTIFY was not given; the sender hears of failures, and may hear of delays
  bool success = false;
  bool failure = false;
  bool delay = false;

  bool never() const { return said && !success && !failure && !delay; }
  bool of_failure() const { return !said || failure; }
  bool of_delay() const { return !said || delay; }
  friend bool operator==(const Notify&, const Notify&) = default;
};

/// Of a message.
struct MailDsn {
  MailDsn() = default;
  Ret ret = Ret::unsaid;
  std::string envelope_id;  ///< decoded from its xtext (RFC 3461 4.4); empty: none
};

/// Of a recipient.
struct RecipientDsn {
  RecipientDsn() = default;
  Notify notify;
  std::string original_recipient;  ///< "rfc822;alice@example.org", decoded (RFC 3461 4.2); empty: none
};

}  // namespace postroom
