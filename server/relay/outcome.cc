#include "server/relay/outcome.h"

#include <algorithm>

#include "base/log.h"
#include "base/text.h"

namespace postroom::relay {

namespace {

using smtp::RemoteReply;
using smtp::ReportedRecipient;
using Action = smtp::ReportedRecipient::Action;

Outcome outcome_for(const QueuedMail& mail) {
  Outcome outcome;
  outcome.progress.queue_id = mail.queue_id;
  if (!mail.recipients.empty()) outcome.progress.destination = mail.recipients.front().destination();
  return outcome;
}

TraceEvent& add_event(Outcome& outcome, TraceEvent::Kind kind, const QueuedRecipient& recipient,
                      std::string text) {
  TraceEvent& event = outcome.progress.events.emplace_back();
  event.kind = kind;
  event.address = lower(recipient.recipient.address);
  event.text = std::move(text);
  return event;
}

/// What a server said, or what we say in its place.
TraceEvent& add_event(Outcome& outcome, TraceEvent::Kind kind, const QueuedRecipient& recipient,
                      const RemoteReply& reply, const Remote& remote) {
  TraceEvent& event = add_event(outcome, kind, recipient, reply.ours ? reply.text : reply.shown());
  event.via = remote.host;
  event.tls = remote.tls;
  return event;
}

ReportedRecipient reported(const QueuedRecipient& recipient, Action action, std::string status) {
  ReportedRecipient report;
  report.address = recipient.recipient.address;
  report.dsn = recipient.recipient.dsn;
  report.action = action;
  report.status = std::move(status);
  return report;
}

ReportedRecipient reported(const QueuedRecipient& recipient, Action action, const RemoteReply& reply,
                           const Remote& remote) {
  ReportedRecipient report = reported(recipient, action, reply.status);
  if (reply.ours) {
    report.why = reply.text;
  } else {
    report.remote_host = remote.host;
    report.remote_reply = reply.shown();
  }
  return report;
}

void succeed(Outcome& outcome, const QueuedMail& mail, const QueuedRecipient& recipient,
             const RemoteReply& reply, const Remote& remote) {
  outcome.progress.finished.push_back(recipient.number);
  // RFC 3461 5.2.2: nobody will say more than that it was handed on.
  const Notify& notify = recipient.recipient.dsn.notify;
  const bool asked = notify.success && !remote.tells_success;
  // RFC 2852: from there on nobody looks at the time; or the sender wants to know of every server.
  const DeliverBy& by = mail.deliver_by;
  const bool followed = by.asked() && !notify.never() && (by.traced || !remote.keeps_time);
  if ((asked || followed) && !mail.reverse_path.empty())
    outcome.reported.push_back(reported(recipient, Action::relayed, reply, remote));
}

/// What a sender wants is said of reports to it (RFC 3461 4.1). Where there is none, somebody here is told.
void fail(Outcome& outcome, const QueuedMail& mail, const QueuedRecipient& recipient,
          ReportedRecipient report) {
  outcome.progress.finished.push_back(recipient.number);
  outcome.failed.push_back(recipient.number);
  if (recipient.recipient.dsn.notify.of_failure() || mail.reverse_path.empty())
    outcome.reported.push_back(std::move(report));
}

/// How long a recipient waits that was put off.
std::chrono::seconds wait_after(const RemoteReply& reply, const QueuedRecipient& recipient, bool some_taken,
                                const Schedule& schedule) {
  // RFC 5321 4.5.3.1.10: too many at a time, so the rest follows; also where they were not even named (RFC
  // 9422).
  if ((some_taken || reply.ours) && reply.status == "4.5.3") return std::chrono::seconds(0);
  return schedule.wait(recipient.attempts);
}

}  // namespace

std::chrono::seconds Schedule::wait(std::uint32_t failures) const {
  return waits[std::min<std::size_t>(failures, waits.size() - 1)];
}

void log_replies(const QueuedMail& mail, const Remote& remote, const std::vector<RemoteReply>& replies) {
  for (std::size_t i = 0; i < mail.recipients.size() && i < replies.size(); ++i) {
    const RemoteReply& reply = replies[i];
    const char* event = "relay.deferred";
    if (reply.positive()) event = "relay.delivered";
    if (reply.permanent()) event = "relay.refused";
    log::info(event, {{"id", mail.id},
                      {"from", mail.reverse_path},
                      {"to", mail.recipients[i].recipient.address},
                      {"host", remote.host},
                      {"tls", remote.tls},
                      {"attempt", mail.recipients[i].attempts + 1},
                      {"unsure", reply.unsure ? "yes" : "no"},
                      {"reply", reply.shown()}});
  }
}

Outcome outcome_of(const QueuedMail& mail, const std::vector<RemoteReply>& replies, const Remote& remote,
                   const Schedule& schedule, WallTime now) {
  Outcome outcome = outcome_for(mail);
  outcome.progress.reached = !remote.host.empty();
  const bool some_taken = std::ranges::any_of(replies, &RemoteReply::positive);
  for (std::size_t i = 0; i < mail.recipients.size() && i < replies.size(); ++i) {
    const QueuedRecipient& recipient = mail.recipients[i];
    const RemoteReply& reply = replies[i];
    if (reply.positive()) {
      succeed(outcome, mail, recipient, reply, remote);
      add_event(outcome, TraceEvent::Kind::delivered, recipient, reply, remote);
    } else if (reply.permanent() || mail.begun() + schedule.give_up <= now) {
      add_event(outcome, TraceEvent::Kind::failed, recipient, reply, remote);
      fail(outcome, mail, recipient, reported(recipient, Action::failed, reply, remote));
    } else {
      QueueProgress::PutOff& off = outcome.progress.put_off.emplace_back();
      off.number = recipient.number;
      off.due = now + wait_after(reply, recipient, some_taken, schedule);
      off.problem = remote.host.empty() ? reply.text : remote.host + ": " + reply.shown();
      add_event(outcome, TraceEvent::Kind::deferred, recipient, reply, remote).value =
          off.due.time_since_epoch().count();
    }
  }
  return outcome;
}

void drop_report(Outcome& outcome, WallTime until) {
  QueueProgress& progress = outcome.progress;
  for (const std::uint32_t number : outcome.failed) {
    std::erase(progress.finished, number);
    QueueProgress::PutOff& off = progress.put_off.emplace_back();
    off.number = number;
    off.due = until;
    off.problem = "there is no room for the report that it failed";
  }
  std::erase_if(progress.events,
                [](const TraceEvent& event) { return event.kind == TraceEvent::Kind::failed; });
  progress.delay_told = false;
  outcome.reported.clear();
  outcome.failed.clear();
}

// X.4.7 of RFC 3463 3.5
Outcome too_old(const QueuedMail& mail) {
  Outcome outcome = outcome_for(mail);
  for (const QueuedRecipient& recipient : mail.recipients) {
    ReportedRecipient report = reported(recipient, Action::failed, "4.4.7");
    report.why = recipient.problem.empty() ? "It could not be sent in time" : recipient.problem;
    add_event(outcome, TraceEvent::Kind::failed, recipient, "it could not be sent in time");
    fail(outcome, mail, recipient, std::move(report));
  }
  return outcome;
}

Outcome overdue(const QueuedMail& mail) {
  if (!mail.deliver_by.returns) {
    Outcome outcome = delayed(mail);
    outcome.progress.delay_told = false;
    outcome.progress.by_told = true;
    return outcome;
  }
  const std::string why = "it could not be delivered in the time that you gave it";
  Outcome outcome = outcome_for(mail);
  for (const QueuedRecipient& recipient : mail.recipients) {
    ReportedRecipient report = reported(recipient, Action::failed, "5.4.7");
    report.why = why;
    add_event(outcome, TraceEvent::Kind::failed, recipient, why);
    fail(outcome, mail, recipient, std::move(report));
  }
  return outcome;
}

Outcome delayed(const QueuedMail& mail) {
  Outcome outcome = outcome_for(mail);
  outcome.progress.delay_told = true;
  if (mail.reverse_path.empty()) return outcome;
  for (const QueuedRecipient& recipient : mail.recipients) {
    if (!recipient.recipient.dsn.notify.of_delay()) continue;
    ReportedRecipient report = reported(recipient, Action::delayed, "4.4.7");
    report.why = recipient.problem;
    outcome.reported.push_back(std::move(report));
  }
  return outcome;
}

}  // namespace postroom::relay
