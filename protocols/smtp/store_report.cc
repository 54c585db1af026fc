#include "protocols/smtp/store_report.h"

#include "base/log.h"
#include "protocols/intake.h"
#include "protocols/mime/canonical.h"
#include "protocols/smtp/trace.h"

namespace postroom::smtp {

namespace {

/// For the store to take a report.
constexpr std::chrono::seconds kStoreTime{60};

/// RFC 3461 6.1: from nobody, and nobody is to be told of the report itself.
Outgoing outgoing_report(Runtime& runtime, const ReportFacts& facts) {
  Outgoing outgoing;
  outgoing.id = new_id(runtime);
  outgoing.utf8 = facts.utf8;
  outgoing.recipients.emplace_back(facts.to).dsn.notify.said = true;
  return outgoing;
}

}  // namespace

Task<bool> store_report(Runtime& runtime, Store& store, ReportFacts facts,
                        std::optional<QueueProgress> in_place_of) {
  const Resolved sender = co_await store.resolve(mime::stored_address(facts.to));
  if (sender.kind == Resolved::Kind::unknown) co_return false;
  facts.message_id = new_id(runtime) + "@" + facts.hostname;

  Delivery delivery(sender.accounts);
  delivery.in_place_of = std::move(in_place_of);
  if (sender.kind == Resolved::Kind::not_local) delivery.outgoing.push_back(outgoing_report(runtime, facts));
  const std::string text = "Return-Path: <>\r\n" + delivery_report(facts);
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
