// Outcome: what an attempt to send a message means for the queue, and for its sender. Pure.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "protocols/smtp/delivery_report.h"
#include "protocols/smtp/remote_reply.h"
#include "storage/queue.h"

namespace postroom::relay {

/// When mail that could not be sent is tried again (RFC 5321 4.5.4.1).
struct Schedule {
  Schedule() = default;
  /// After the first failure, the second …; the last one, which there is, stands for all that follow.
  std::vector<std::chrono::seconds> waits{std::chrono::minutes(5),  std::chrono::minutes(15),
                                          std::chrono::minutes(30), std::chrono::hours(1),
                                          std::chrono::hours(2),    std::chrono::hours(4)};
  std::chrono::seconds give_up{std::chrono::hours(5 * 24)};  ///< from its arrival on
  std::chrono::seconds tell_delay{std::chrono::hours(4)};    ///< its sender hears that it is late

  /// After so many failures before this one.
  std::chrono::seconds wait(std::uint32_t failures) const;
};

struct Outcome {
  Outcome() = default;
  QueueProgress progress;
  std::vector<smtp::ReportedRecipient> reported;  ///< what its sender is told
  std::vector<std::uint32_t> failed;              ///< numbers of those that are finished, but were not taken
};

/// Who answered; nobody: no server was there that could have.
struct Remote {
  Remote() = default;
  std::string host;
  std::string tls;             ///< of the connection to it; empty: none
  bool keeps_time = false;     ///< it offers DELIVERBY (RFC 2852)
  bool tells_success = false;  ///< it offers DSN, so that it tells senders itself (RFC 3461 5.2.2)
};

/// What each recipient was told.
void log_replies(const QueuedMail& mail, const Remote& remote, const std::vector<smtp::RemoteReply>& replies);
/// After an attempt: `replies[i]` is for mail.recipients[i].
Outcome outcome_of(const QueuedMail& mail, const std::vector<smtp::RemoteReply>& replies,
                   const Remote& remote, const Schedule& schedule, WallTime now);
/// For when there is no room for the report: what was taken is finished all the same, and what failed is put
/// off until then.
void drop_report(Outcome& outcome, WallTime until);
/// It has been tried for as long as we do.
Outcome too_old(const QueuedMail& mail);
/// It was not delivered by the time that its sender has said (RFC 2852).
Outcome overdue(const QueuedMail& mail);
/// It is late, and tried on.
Outcome delayed(const QueuedMail& mail);

}  // namespace postroom::relay
