#include "protocols/smtp/store_report.h"

#include "base/log.h"
#include "base/text.h"
#include "protocols/intake.h"
#include "protocols/mime/canonical.h"
#include "protocols/mime/form_scan.h"
#include "protocols/smtp/mailing_list.h"
#include "protocols/smtp/trace.h"

namespace postroom::smtp {

namespace {

/// For the store to take a report.
constexpr std::chrono::seconds kStoreTime{60};

/// RFC 3461 6.1: from nobody, and nobody is to be told of the report itself.
Outgoing outgoing_report(const std::string& id, const ReportFacts& facts,
                         const std::vector<std::string>& recipients) {
  Outgoing outgoing;
  outgoing.id = id;
  outgoing.utf8 = facts.utf8;
  if (facts.require_tls) outgoing.tls = TlsDemand::required;
  for (const std::string& recipient : recipients)
    outgoing.recipients.emplace_back(recipient).dsn.notify.said = true;
  return outgoing;
}

const char* word(ReportedRecipient::Action action) {
  switch (action) {
    case ReportedRecipient::Action::failed: return "failed";
    case ReportedRecipient::Action::delayed: return "delayed";
    case ReportedRecipient::Action::delivered: return "delivered";
    default: return "handed on";
  }
}

/// For the trace of the mail that the report is about.
TraceEvent reported_event(const std::string& id, const ReportFacts& facts) {
  TraceEvent event;
  event.kind = TraceEvent::Kind::reported;
  event.address = lower(facts.to);
  event.via = id;
  if (!facts.recipients.empty()) event.text = word(facts.recipients.front().action);
  return event;
}

/// Where a report goes, and what is told of it.
Delivery delivery_of(const std::string& id, const ReportFacts& facts, const Resolved& sender,
                     std::string about, std::optional<QueueProgress> in_place_of) {
  Delivery delivery(sender.accounts);
  Origin& origin = delivery.origin.emplace();
  origin.id = id;
  origin.about = std::move(about);
  if (in_place_of) in_place_of->events.push_back(reported_event(id, facts));
  // A report is small, and whoever waits for it would wait for ever.
  delivery.past_quota = in_place_of.has_value();
  delivery.in_place_of = std::move(in_place_of);
  std::vector<std::string> elsewhere = sender.outside;
  if (sender.kind == Resolved::Kind::not_local) elsewhere.push_back(facts.to);
  if (!elsewhere.empty()) delivery.outgoing.push_back(outgoing_report(id, facts, elsewhere));
  return delivery;
}

}  // namespace

Task<bool> store_report(Runtime& runtime, Store& store, ReportFacts facts, std::string about,
                        std::optional<QueueProgress> in_place_of) {
  Resolved sender = co_await store.resolve(mime::stored_address(facts.to));
  if (!sender.lists.empty()) lead_to_owners(sender);
  if (facts.to == "postmaster") {
    if (sender.accounts.empty()) co_return false;
    sender.outside.clear();
    facts.to += "@" + facts.hostname;
  }
  if (sender.kind == Resolved::Kind::unknown) co_return false;
  const std::string id = new_id(runtime);
  facts.message_id = id + "@" + facts.hostname;
  Delivery delivery = delivery_of(id, facts, sender, std::move(about), std::move(in_place_of));
  const std::string text = "Return-Path: <>\r\n" + delivery_report(facts);
  for (Outgoing& outgoing : delivery.outgoing) outgoing.form = mime::form_of(text);
  Intake intake(runtime, store);
  co_await intake.append(text);
  MessageFacts message_facts = co_await intake.finish();
  const TimePoint deadline = runtime.now() + kStoreTime;
  const Delivered delivered =
      co_await store.deliver(std::move(delivery), intake.spool(), std::move(message_facts), deadline);
  if (delivered.outcome == Delivered::Outcome::busy) throw StoreFault("no room for a report in time");
  co_return delivered.outcome == Delivered::Outcome::yes;
}

}  // namespace postroom::smtp
