// Delivery reports (DSN): what a sender is told of mail that was delayed, could not be delivered, or was,
// when it asked for that (RFC 3464, in the multipart/report of RFC 6522; RFC 6533 for addresses beyond
// ASCII). Pure.
//
// Much of a report is what peers said. Nothing of it can add a line: control characters become '?', each fact
// is bounded, long lines are folded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/runtime.h"
#include "storage/dsn.h"

namespace postroom::smtp {

/// What became of one recipient.
struct ReportedRecipient {
  ReportedRecipient() = default;
  /// RFC 3464 2.3.3. The order is that of the report.
  enum class Action : std::uint8_t { failed, delayed, delivered, relayed, expanded };

  std::string address;
  RecipientDsn dsn;
  Action action = Action::failed;
  std::string status;        ///< RFC 3463: "5.1.1"; what is none becomes 5.0.0, 4.0.0 or 2.0.0, by the action
  std::string remote_host;   ///< name of the server that said so; empty: we did
  std::string remote_reply;  ///< "550 5.1.1 no such user"; empty: none
  std::string why;  ///< a clause in plain words, "the other server does not know this address"; or empty
};

struct ReportFacts {
  ReportFacts() = default;
  std::string hostname;     ///< ours
  std::string to;           ///< the reverse-path of the message, without angle brackets; never the null one
  std::string message_id;   ///< of the report, without angle brackets; not to be guessed
  WallTime now{};           ///< of the report
  WallTime arrived{};       ///< of the message
  std::string envelope_id;  ///< empty: none was given
  Ret ret = Ret::unsaid;
  bool utf8 = false;  ///< the report may go out under SMTPUTF8 only; else it is ASCII but for `original`
  bool require_tls = false;      ///< it goes as the message had to go (RFC 8689 5), and with its headers only
  std::string original_headers;  ///< the message's header section; what follows it is left out
  std::string original;          ///< all of the message, where it may be given back (Ret::full, and small)
  std::optional<WallTime> will_retry_until;  ///< for delays
  std::vector<ReportedRecipient> recipients;
};

/// A whole message with CRLF line ends, to be sent from "<>" with NOTIFY=NEVER (RFC 3461 6.1). It holds
/// the original only if that was asked for and something failed (RFC 3461 4.3), else its headers. Lines have
/// 998 bytes at most, if the original's have.
std::string delivery_report(const ReportFacts& facts);

}  // namespace postroom::smtp
