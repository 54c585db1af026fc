// Deliveries: into inboxes and the queue, by one transaction, and what the trace tells of them.
#include <algorithm>
#include <set>

#include "base/text.h"
#include "storage/sqlite/contents.h"
#include "storage/sqlite/edits.h"
#include "storage/sqlite/message_rows.h"
#include "storage/sqlite/queue.h"
#include "storage/sqlite/text_index.h"
#include "storage/sqlite/trace.h"

namespace postroom::sqlite {

namespace {

/// One content of a delivery, and where it goes: the message itself, or the copy of a list.
struct Part {
  Part(Connection& db, std::optional<ContentId> its_staged, std::string_view its_rest,
       const MessageFacts& its_facts, const std::vector<Outgoing>& its_outgoing, WallTime now)
      : staged(its_staged), rest(its_rest), facts(its_facts), outgoing(its_outgoing) {
    message.size = size_of(db, staged, rest);
    message.internal_date = now;
    message.saved = now;
    sum.add(message.flags, message.size);
  }

  std::optional<ContentId> staged;
  std::string_view rest;
  const MessageFacts& facts;
  const std::vector<Outgoing>& outgoing;
  std::string_view list;
  Message message;
  Sum sum;
  std::vector<Place> places;

  bool goes_somewhere() const { return !places.empty() || !outgoing.empty(); }
};

/// A place in the inbox of each account that is there.
std::vector<Place> places_in_inboxes(Connection& db, const std::vector<AccountId>& accounts,
                                     std::uint64_t size, const QuotaLimits& defaults) {
  std::vector<Place> places;
  for (const AccountId account : accounts)
    if (const auto place = place_in_inbox(db, account, size, defaults)) places.push_back(*place);
  return places;
}

/// What the mail for an account was sent to where that is not its own address, separated by ", ".
std::string others_named(const Origin& origin, AccountId account, std::string_view own) {
  std::string others;
  for (const Origin::Recipient& recipient : origin.recipients)
    if (recipient.account == account && recipient.address != own)
      others.append(others.empty() ? "" : ", ").append(recipient.address);
  return others;
}

TraceEvent stored_event(Connection& db, const Origin& origin, const Part& part, const Place& place) {
  TraceEvent event;
  event.kind = TraceEvent::Kind::stored;
  Query account(db, "SELECT address FROM account WHERE id = ?", place.account);
  if (account.step()) event.address = account.text(0);
  event.via = part.list.empty() ? others_named(origin, place.account, event.address) : part.list;
  event.text = "INBOX";
  event.value = place.uid;
  return event;
}

TraceEvent expanded_event(const Part& part) {
  TraceEvent event;
  event.kind = TraceEvent::Kind::expanded;
  event.address = part.list;
  event.value = static_cast<std::int64_t>(part.places.size());
  for (const Outgoing& outgoing : part.outgoing)
    event.value += static_cast<std::int64_t>(outgoing.recipients.size());
  return event;
}

void add_events(Connection& db, const Origin& origin, const Part& part, std::vector<TraceEvent>& events) {
  if (!part.list.empty()) events.push_back(expanded_event(part));
  for (const Place& place : part.places) events.push_back(stored_event(db, origin, part, place));
  for (const Outgoing& outgoing : part.outgoing) {
    for (const OutgoingRecipient& recipient : outgoing.recipients) {
      TraceEvent& event = events.emplace_back();
      event.kind = TraceEvent::Kind::queued;
      event.address = lower(recipient.address);
    }
  }
}

TraceId trace_delivery(Connection& db, const Delivery& delivery, const std::vector<Part>& parts,
                       WallTime now) {
  if (!delivery.origin) return TraceId::none;
  std::vector<TraceEvent> events;
  for (const Part& part : parts) add_events(db, *delivery.origin, part, events);
  const Part& message = parts.front();
  return trace_mail(db, *delivery.origin, message.facts.message_id_text, message.message.size, events, now);
}

/// Answers for recipients one by one. Those places are given back to which only refused ones lead.
template <class IsOver>
std::vector<Delivered::Outcome> answer_each(Connection& db,
                                            const std::vector<Delivery::Recipient>& recipients,
                                            const Sum& sum, std::vector<Place>& places, IsOver is_over) {
  std::set<AccountId> here;
  std::set<AccountId> full;
  for (const Place& place : places) {
    here.insert(place.account);
    if (is_over(place)) full.insert(place.account);
  }
  std::set<AccountId> taken;
  std::vector<Delivered::Outcome> answers;
  for (const Delivery::Recipient& recipient : recipients) {
    Delivered::Outcome& answer = answers.emplace_back(Delivered::Outcome::gone);
    if (recipient.further) answer = Delivered::Outcome::yes;
    for (const AccountId account : recipient.accounts) {
      if (answer == Delivered::Outcome::yes || !here.contains(account)) continue;
      answer = full.contains(account) ? Delivered::Outcome::over_quota : Delivered::Outcome::yes;
    }
    if (answer == Delivered::Outcome::yes) taken.insert(recipient.accounts.begin(), recipient.accounts.end());
  }
  std::erase_if(places, [&](const Place& place) {
    if (taken.contains(place.account)) return false;
    take_back(db, place, sum);
    return true;
  });
  return answers;
}

/// Keeps its content and puts it where it goes.
void store(Write& write, Part& part, TraceId trace, WallTime now) {
  if (!part.goes_somewhere()) return;
  part.message.content = keep(write.db, part.staged, part.rest, part.facts);
  for (const Place& place : part.places) {
    put(write, place, 0, part.facts, part.message);
    write.changed(place.mailbox, place.modseq);
  }
  for (const Outgoing& outgoing : part.outgoing)
    enqueue(write.db, outgoing, part.message.content, part.message.size, trace, now);
  share(write.db, part.message.content, part.places.size() + part.outgoing.size() - 1);
  if (part.places.empty()) leave_unindexed(write.db, part.message.content);
}

/// The copies for lists; whoever is full gets theirs, as by an alias of several.
void add_copies(Connection& db, const Delivery& delivery, WallTime now, const QuotaLimits& defaults,
                std::vector<Part>& parts) {
  for (const Delivery::Copy& copy : delivery.copies) {
    Part& part =
        parts.emplace_back(db, copy.spool->staged(), copy.spool->held(), copy.facts, copy.outgoing, now);
    part.list = copy.list;
    part.places = places_in_inboxes(db, copy.accounts, part.message.size, defaults);
  }
}

}  // namespace

Delivered deliver(Write& write, const Delivery& delivery, std::optional<ContentId> staged,
                  std::string_view rest, const MessageFacts& facts, WallTime now,
                  const QuotaLimits& defaults) {
  Delivered delivered;
  std::vector<Part> parts;
  parts.emplace_back(write.db, staged, rest, facts, delivery.outgoing, now);
  add_copies(write.db, delivery, now, defaults, parts);
  Part& message = parts.front();
  message.places = places_in_inboxes(write.db, delivery.accounts, message.message.size, defaults);
  const bool nobody = message.places.empty();
  const auto is_over = [&](const Place& place) { return over_quota(write.db, place, defaults, message.sum); };
  const bool may_be_over = delivery.past_quota && !nobody;
  if (!delivery.recipients.empty())
    delivered.recipients = answer_each(write.db, delivery.recipients, message.sum, message.places, is_over);
  const bool further =
      !delivery.outgoing.empty() ||
      std::any_of(parts.begin() + 1, parts.end(), [](const Part& part) { return part.goes_somewhere(); });
  const bool refused = !further && std::all_of(message.places.begin(), message.places.end(), is_over);
  if (refused && !may_be_over) {
    for (const Place& place : message.places) take_back(write.db, place, message.sum);
    delivered.outcome = nobody ? Delivered::Outcome::gone : Delivered::Outcome::over_quota;
    // A list's members may all be gone.
    std::ranges::replace(delivered.recipients, Delivered::Outcome::yes, delivered.outcome);
    return delivered;
  }
  const TraceId trace = trace_delivery(write.db, delivery, parts, now);
  for (Part& part : parts) store(write, part, trace, now);
  if (delivery.in_place_of) progress(write.db, *delivery.in_place_of, now);
  delivered.accounts = message.places.size();
  return delivered;
}

}  // namespace postroom::sqlite
