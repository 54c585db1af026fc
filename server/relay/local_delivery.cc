#include "server/relay/local_delivery.h"

#include "base/log.h"
#include "base/text.h"
#include "protocols/mime/canonical.h"
#include "protocols/reencode.h"
#include "protocols/smtp/forwarding.h"
#include "protocols/smtp/srs.h"

namespace postroom::relay {

namespace {

/// Bytes of a message read at a time.
constexpr std::size_t kPiece = 64 << 10;
/// For the store to take it.
constexpr std::chrono::seconds kStoreTime{60};

QueueProgress delivered_progress(const QueuedMail& mail, const std::string& hostname) {
  const QueuedRecipient& recipient = mail.recipients.front();
  QueueProgress progress;
  progress.queue_id = mail.queue_id;
  progress.finished.push_back(recipient.number);
  TraceEvent& event = progress.events.emplace_back();
  event.kind = TraceEvent::Kind::delivered;
  event.address = lower(recipient.recipient.address);
  event.via = hostname;
  event.text = "into the mailbox";
  return progress;
}

smtp::RemoteReply reply_of(Delivered::Outcome outcome) {
  using Outcome = Delivered::Outcome;
  if (outcome == Outcome::busy) return smtp::RemoteReply::made(452, "4.3.1", "the mail store is busy");
  if (outcome == Outcome::over_quota) return smtp::RemoteReply::made(452, "4.2.2", "the mailbox is full");
  if (outcome == Outcome::gone) return smtp::RemoteReply::made(550, "5.1.1", "there is no such user here");
  return smtp::RemoteReply::made(250, "2.1.5", "delivered");
}

}  // namespace

Task<bool> LocalDelivery::is_here(std::string destination) {
  if (destination == lower(hostname_)) co_return true;
  const Resolved found = co_await store_.resolve("postmaster@" + destination);
  co_return found.kind != Resolved::Kind::not_local;
}

Task<smtp::RemoteReply> LocalDelivery::deliver(const QueuedMail& mail) {
  const std::string address = mail.recipients.front().recipient.address;
  const Resolved found = co_await smtp::look_up(store_, address, hostname_);
  if (found.kind != Resolved::Kind::mailbox) co_return reply_of(Delivered::Outcome::gone);
  // It was none when it was taken: lists do not wait (commands/rcpt.cc).
  if (!found.lists.empty())
    co_return smtp::RemoteReply::made(554, "5.3.3", "the address has become a list's meanwhile");
  bool possible = true;
  const Delivered delivered = co_await store(mail, found, possible);
  if (!possible)
    co_return smtp::RemoteReply::made(554, "5.6.3", "the message is binary where it cannot be encoded");
  if (delivered.outcome != Delivered::Outcome::yes) co_return reply_of(delivered.outcome);
  log::info("relay.delivered_here", {{"id", mail.id}, {"from", mail.reverse_path}, {"to", address}});
  co_await report_delivered(mail, found);
  co_return reply_of(Delivered::Outcome::yes);
}

/// Stored once more, as a message that has come just now: its date in the mailbox is that of its release.
Task<Delivered> LocalDelivery::store(const QueuedMail& mail, const Resolved& found, bool& possible) {
  auto intake = std::make_unique<Intake>(runtime_, store_);
  while (intake->size() < mail.size) {
    const std::string piece = co_await store_.read(mail.content, intake->size(), kPiece);
    if (piece.empty()) throw StoreFault("a queued message is cut off");
    co_await intake->append(piece);
  }
  MessageFacts facts = co_await intake->finish();
  Delivery delivery(found.accounts);
  if (!found.outside.empty()) delivery.outgoing.push_back(forwarded(mail, found));
  if (mail.form.binary()) {
    auto text = std::make_unique<Intake>(runtime_, store_);
    possible = co_await reencode(runtime_, store_, *intake, facts, kKept, *text);
    if (!possible) co_return Delivered();
    facts = co_await text->finish();
    intake = std::move(text);
  }
  delivery.in_place_of = delivered_progress(mail, hostname_);
  const TimePoint deadline = runtime_.now() + kStoreTime;
  co_return co_await store_.deliver(std::move(delivery), intake->spool(), std::move(facts), deadline);
}

/// Where an alias leads further: as smtp::forward() does it when mail comes.
Outgoing LocalDelivery::forwarded(const QueuedMail& mail, const Resolved& found) const {
  const OutgoingRecipient& alias = mail.recipients.front().recipient;
  Outgoing outgoing;
  outgoing.id = mail.id;
  outgoing.reverse_path =
      smtp::srs_forward(mail.reverse_path, alias.destination(), srs_secret_, runtime_.wall_now());
  outgoing.utf8 = mail.utf8;
  outgoing.tls = mail.tls;  // RFC 8689 4.1
  outgoing.form = mail.form.binary() ? kKept : mail.form;
  outgoing.deliver_by = mail.deliver_by;
  outgoing.priority = mail.priority;
  outgoing.dsn = mail.dsn;
  for (const std::string& address : found.outside) {
    OutgoingRecipient& further = outgoing.recipients.emplace_back(address);
    further.dsn = alias.dsn;
    further.dsn.notify.success = false;
    const bool unsaid = further.dsn.original_recipient.empty() && is_ascii(alias.address);
    if (unsaid) further.dsn.original_recipient = "rfc822;" + alias.address;
  }
  return outgoing;
}

/// RFC 3461 5.2.3; behind the message, by a transaction of its own.
Task<> LocalDelivery::report_delivered(const QueuedMail& mail, const Resolved& found) {
  using Action = smtp::ReportedRecipient::Action;
  const OutgoingRecipient& recipient = mail.recipients.front().recipient;
  if (!recipient.dsn.notify.success || mail.reverse_path.empty()) co_return;
  Outcome outcome;
  outcome.progress.queue_id = mail.queue_id;
  smtp::ReportedRecipient& reported = outcome.reported.emplace_back();
  reported.address = recipient.address;
  reported.dsn = recipient.dsn;
  reported.action = found.outside.empty() ? Action::delivered : Action::expanded;
  co_await reporter_.record(mail, std::move(outcome));
}

}  // namespace postroom::relay
