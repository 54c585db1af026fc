#include "server/relay/reporter.h"

#include <algorithm>
#include <array>

#include "base/log.h"
#include "base/text.h"
#include "protocols/intake.h"
#include "protocols/mime/canonical.h"
#include "protocols/mime/header.h"
#include "protocols/smtp/trace.h"

namespace postroom::relay {

namespace {

/// So much of a message is looked at for its header fields, and so large may one be that goes back whole.
constexpr std::size_t kOriginal = 64 << 10;

/// For the store to take a report.
constexpr std::chrono::seconds kStoreTime{60};

std::string new_id(Runtime& runtime) {
  std::array<std::byte, 10> bytes;
  runtime.random(bytes);
  return hex_encode(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

/// Header fields, without the blank line after them.
std::string header_of(const std::string& message) {
  mime::HeaderFields fields(message);
  while (fields.next()) {
  }
  return message.substr(0, message.size() - fields.rest().size());
}

void log_outcome(const QueuedMail& mail, const Outcome& outcome) {
  for (const smtp::ReportedRecipient& recipient : outcome.reported)
    log::info("relay.reported",
              {{"id", mail.id},
               {"to", recipient.address},
               {"status", recipient.status},
               {"why", recipient.remote_reply.empty() ? recipient.why : recipient.remote_reply}});
}

}  // namespace

Task<> Reporter::record(const QueuedMail& mail, Outcome outcome) {
  log_outcome(mail, outcome);
  bool done = false;
  if (!outcome.reported.empty()) {
    done = co_await report(mail, outcome);
  }
  if (done) co_return;
  co_await queue_.progress(std::move(outcome.progress));
}

// False: nobody is there to be told, or nobody has room for it.
Task<bool> Reporter::report(const QueuedMail& mail, const Outcome& outcome) {
  // No report about a report (RFC 5321 4.5.5, RFC 3464 2): our own people hear of those that failed.
  std::string to = mail.reverse_path;
  if (to.empty()) to = "postmaster";
  const Resolved sender = co_await store_.resolve(mime::stored_address(to));
  if (sender.kind == Resolved::Kind::unknown) co_return false;

  smtp::ReportFacts report = facts(mail, outcome, to);
  const std::string message = co_await original(mail);
  report.original_headers = header_of(message);
  const bool whole = mail.dsn.ret == Ret::full && message.size() < kOriginal;
  if (whole) report.original = message;
  const std::string text = "Return-Path: <>\r\n" + smtp::delivery_report(report);

  Delivery delivery(sender.accounts);
  delivery.in_place_of = outcome.progress;
  if (sender.kind == Resolved::Kind::not_local) {
    Outgoing& outgoing = delivery.outgoing.emplace_back();
    outgoing.id = new_id(runtime_);
    outgoing.recipients.emplace_back(to);
  }
  Intake intake(runtime_, store_);
  co_await intake.append(text);
  MessageFacts message_facts = co_await intake.finish();
  const TimePoint deadline = runtime_.now() + kStoreTime;
  const Delivered delivered =
      co_await store_.deliver(std::move(delivery), intake.spool(), std::move(message_facts), deadline);
  if (delivered.outcome == Delivered::Outcome::busy) throw StoreFault("no room for a report in time");
  if (delivered.outcome != Delivered::Outcome::yes)
    log::warning("relay.report_undeliverable", {{"id", mail.id}, {"to", to}});
  co_return delivered.outcome == Delivered::Outcome::yes;
}

/// How the message begins, without the Return-Path that is not for others.
Task<std::string> Reporter::original(const QueuedMail& mail) {
  std::string message = co_await store_.read(mail.content, 0, kOriginal);
  message.erase(0, smtp::return_path_length(message));
  co_return message;
}

smtp::ReportFacts Reporter::facts(const QueuedMail& mail, const Outcome& outcome, std::string to) {
  smtp::ReportFacts facts;
  facts.hostname = hostname_;
  facts.to = std::move(to);
  facts.message_id = new_id(runtime_) + "@" + hostname_;
  facts.now = runtime_.wall_now();
  facts.arrived = mail.arrived;
  facts.envelope_id = mail.dsn.envelope_id;
  facts.ret = mail.dsn.ret;
  facts.utf8 = mail.utf8;
  if (outcome.progress.delay_told) facts.will_retry_until = mail.arrived + schedule_.give_up;
  facts.recipients = outcome.reported;
  return facts;
}

}  // namespace postroom::relay
