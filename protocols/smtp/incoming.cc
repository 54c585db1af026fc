#include "protocols/smtp/incoming.h"

#include <cassert>

#include "base/text.h"
#include "protocols/reencode.h"
#include "protocols/smtp/mailing_list.h"

namespace postroom::smtp {

Reply too_big(const Options& options) {
  return Reply(552, "5.3.4",
               "The message is larger than " + format_size(options.message_size) + ", the most we take");
}

// RFC 5321 4.2.3; X.2.2 of RFC 3463 3.3. Not for good: it has room again when its user has removed something.
Reply mailbox_full() { return Reply(452, "4.2.2", "The mailbox is full; try again later"); }

Reply answer_to(Delivered::Outcome outcome, const std::string& id) {
  switch (outcome) {
    case Delivered::Outcome::busy: return {452, "4.3.1", "The mail store is busy; try again later"};
    // They were there and had room at RCPT.
    case Delivered::Outcome::gone: return {550, "5.1.1", "The recipients' mailboxes have been removed"};
    case Delivered::Outcome::over_quota: return mailbox_full();
    case Delivered::Outcome::yes: break;
  }
  return {250, "2.0.0", "Message accepted, id " + id};
}

Task<> Incoming::begin(std::string trace) {
  assert(size_ == 0);
  co_await intake_->append(trace);
}

Task<> Incoming::begin_copy(std::string top) {
  copies_.push_back(std::make_unique<Copy>(service_, fields_of_other_lists()));
  co_await copies_.back()->intake.append(top);
}

Task<> Incoming::add(std::string_view content) {
  size_ += content.size();
  check_.feed(content);
  scan_.feed(content);
  tls_required_.feed(content);
  if (check_.refusal()) refuse(*check_.refusal());
  if (size_ > options_.message_size) refuse(too_big(options_));
  if (!refusal_) {
    co_await take(content, false);
    co_return;
  }
  // The end has to be found before there can be a reply, but not at any price.
  if (far_too_big(size_, options_)) throw MessageWithoutEnd();
}

Task<Reply> Incoming::deliver(Delivery delivery, std::string id) {
  check_.finish();
  if (check_.refusal()) refuse(*check_.refusal());
  if (refusal_) co_return *refusal_;
  form_ = scan_.finish();
  // BDAT may bring a last line without its end; text that we store always has one, as POP3 shows it.
  const std::string_view line_end = check_.within_line() && !form_.binary() ? "\r\n" : "";
  co_await take(line_end, true);
  co_await keep_copies("", true);
  co_return co_await store(std::move(delivery), std::move(id));
}

/// Mends what is to be mended.
Task<> Incoming::take(std::string_view content, bool last) {
  if (!fix_up_) {
    co_await keep(content);
    co_return;
  }
  std::string mended;
  fix_up_->feed(content, mended);
  if (last) fix_up_->finish(mended);
  co_await keep(mended);
}

Task<> Incoming::keep(std::string_view content) {
  beginning_.append(content.substr(0, keep_ - beginning_.size()));
  co_await intake_->append(content);
  co_await keep_copies(content, false);
}

Task<> Incoming::keep_copies(std::string_view content, bool last) {
  for (const auto& copy : copies_) {
    std::string filtered;
    copy->filter.feed(content, filtered);
    if (last) copy->filter.finish(filtered);
    co_await copy->intake.append(filtered);
  }
}

/// False: it cannot be. No bit of it is lost (RFC 3030 3).
Task<bool> Incoming::make_text(MessageFacts& facts) {
  auto text = std::make_unique<Intake>(service_.runtime, service_.store);
  const bool possible = co_await reencode(service_.runtime, service_.store, *intake_, facts, kKept, *text);
  if (!possible) co_return false;
  facts = co_await text->finish();
  intake_ = std::move(text);
  form_.bare_line_ends = form_.nul = false;
  co_return true;
}

Task<Reply> Incoming::store(Delivery delivery, std::string id) {
  MessageFacts facts = co_await intake_->finish();
  const int received_before_us = intake_->received_count() - 1;
  if (received_before_us > static_cast<int>(options_.received_fields))
    co_return Reply(554, "5.4.6", "Too many hops: the message seems to go round in circles");

  if (form_.binary() && !delivery.accounts.empty()) {
    const bool possible = co_await make_text(facts);
    if (!possible) co_return Reply(554, "5.6.3", "The message is binary where it cannot be encoded");
  }
  for (Outgoing& outgoing : delivery.outgoing) outgoing.form = form_;
  for (Delivery::Copy& copy : delivery.copies)
    for (Outgoing& outgoing : copy.outgoing) outgoing.form = form_;
  for (std::size_t i = 0; i < delivery.copies.size(); ++i) {
    Intake& intake = copies_[i]->intake;
    MessageFacts of_copy = co_await intake.finish();
    delivery.copies[i].facts = std::move(of_copy);
    delivery.copies[i].spool = &intake.spool();
  }

  const TimePoint deadline = service_.runtime.now() + options_.deliver_time;
  delivered_ =
      co_await service_.store.deliver(std::move(delivery), intake_->spool(), std::move(facts), deadline);
  co_return answer_to(delivered_.outcome, id);
}

void Incoming::refuse(Reply why) {
  if (refusal_) return;
  refusal_ = std::move(why);
  intake_.reset();
  copies_.clear();
}

}  // namespace postroom::smtp
