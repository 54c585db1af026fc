#include "storage/sqlite/queue_admin.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <thread>

#include "base/text.h"
#include "storage/sqlite/address.h"
#include "storage/sqlite/queue.h"
#include "storage/sqlite/trace.h"
#include "storage/sqlite/unix_time.h"
#include "storage/sqlite/write.h"

namespace postroom::sqlite {

namespace {

/// Messages read at a time.
constexpr std::int64_t kWindow = 500;

/// Recipients edited by one transaction, and what others have then to themselves. Messages and destinations
/// are looked at besides, so it is less than others take.
constexpr SliceLimit kSlice{.rows = 300, .time = std::chrono::milliseconds(5)};
constexpr std::chrono::milliseconds kPause{2};

/// Does the filter's `wanted` let this address through?
bool is_let_through(const std::string& wanted, const std::string& address) {
  return wanted.empty() || is_wanted(address.empty() ? "<>" : address, wanted);
}

/// Apart from the ids.
bool matches(const QueueFilter& filter, const QueuedMail& mail) {
  return is_let_through(filter.sender, mail.reverse_path) &&
         (!filter.before || mail.arrived < *filter.before);
}

/// The first message from `next` on that the filter's ids let through.
std::optional<std::int64_t> first_from(Connection& db, const QueueFilter& filter, QueueId next) {
  if (filter.ids.empty()) return lookup(db, "SELECT id FROM queued WHERE id >= ? ORDER BY id LIMIT 1", next);
  std::optional<std::int64_t> first;
  for (const std::string& name : filter.ids) {
    const auto found =
        lookup(db, "SELECT id FROM queued WHERE name = ? AND id >= ? ORDER BY id LIMIT 1", name, next);
    if (found && (!first || *found < *first)) first = found;
  }
  return first;
}

/// From `next` on, which moves past what was read; nothing: that was all.
std::optional<std::vector<QueuedMail>> read_window(Connection& db, const QueueFilter& filter, QueueId& next) {
  const auto first = first_from(db, filter, next);
  if (!first) return std::nullopt;
  const std::int64_t window = filter.ids.empty() ? kWindow : 1;
  next = QueueId{*first + window};
  std::vector<QueuedMail> found = queued_between(db, QueueId{*first}, QueueId{*first + window - 1}, true, -1);
  std::erase_if(found, [&](QueuedMail& mail) {
    std::erase_if(mail.recipients, [&](const QueuedRecipient& recipient) {
      return !is_let_through(filter.recipient, recipient.recipient.address);
    });
    return mail.recipients.empty() || !matches(filter, mail);
  });
  return found;
}

/// What is done to recipients.
struct Edit {
  enum class Kind { hold, release, retry, reroute, drop };
  explicit Edit(Kind its_kind, WallTime its_now = {}, std::string its_route = {})
      : kind(its_kind), now(its_now), route(std::move(its_route)) {}
  Kind kind;
  WallTime now;
  std::string route;  ///< of reroute

  /// Is it said what is due now, whatever kept it waiting?
  bool opens() const { return kind == Kind::release || kind == Kind::retry || kind == Kind::reroute; }
};

/// A recipient to be edited.
struct Place {
  QueueId message{};
  std::uint32_t number = 0;
  std::string address;  ///< in lower case
  std::string target;   ///< of reroute: its destination from then on
};

/// Empty: it is not in the queue any more.
std::string destination_of(Connection& db, const Place& place) {
  Query row(db, "SELECT destination FROM queued_recipient WHERE message = ? AND number = ?", place.message,
            place.number);
  return row.step() ? row.text(0) : std::string();
}

void trace(Connection& db, const Place& place, TraceEvent::Kind kind, const Edit& edit) {
  TraceEvent event;
  event.kind = kind;
  event.address = place.address;
  event.text = edit.route;
  const auto mail = lookup(db, "SELECT trace FROM queued WHERE id = ?", place.message);
  trace_event(db, TraceId{mail.value_or(0)}, event, edit.now);
}

bool reroute_recipient(Connection& db, const Edit& edit, const Place& place) {
  if (execute(db,
              "UPDATE queued_recipient SET destination = ?3, problem = '',"
              " due = iif(due = ?5, due, (SELECT max(?4, release) FROM queued WHERE id = ?1))"
              " WHERE message = ?1 AND number = ?2 AND destination <> ?3",
              place.message, place.number, place.target, seconds(edit.now), kHeld) == 0)
    return false;
  trace(db, place, TraceEvent::Kind::rerouted, edit);
  open_destination(db, place.target, edit.now);
  return true;
}

bool drop_recipient(Connection& db, const Edit& edit, const Place& place) {
  if (execute(db, "DELETE FROM queued_recipient WHERE message = ? AND number = ?", place.message,
              place.number) == 0)
    return false;
  trace(db, place, TraceEvent::Kind::removed, edit);
  return true;
}

/// False: it was so before. Nothing is tried before its sender wants it to leave. What has no problem is not
/// given up before it has been tried, so one that is released or rerouted has none.
bool edit_recipient(Connection& db, const Edit& edit, const Place& place) {
  switch (edit.kind) {
    case Edit::Kind::hold:
      return execute(db,
                     "UPDATE queued_recipient SET due = ?3 WHERE message = ?1 AND number = ?2 AND due < ?3",
                     place.message, place.number, kHeld) > 0;
    case Edit::Kind::release:
      return execute(db,
                     "UPDATE queued_recipient SET problem = '',"
                     " due = (SELECT max(?3, release) FROM queued WHERE id = ?1)"
                     " WHERE message = ?1 AND number = ?2 AND due = ?4",
                     place.message, place.number, seconds(edit.now), kHeld) > 0;
    case Edit::Kind::retry:
      return execute(db,
                     "UPDATE queued_recipient SET due = min(due, ?3)"
                     " WHERE message = ?1 AND number = ?2 AND due < ?4"
                     " AND (SELECT release FROM queued WHERE id = ?1) <= ?3",
                     place.message, place.number, seconds(edit.now), kHeld) > 0;
    case Edit::Kind::reroute: return reroute_recipient(db, edit, place);
    case Edit::Kind::drop: return drop_recipient(db, edit, place);
  }
  return false;
}

/// After recipients of it have been edited.
void edit_message(Connection& db, const Edit& edit, QueueId message) {
  if (edit.kind == Edit::Kind::release)
    execute(db, "UPDATE queued SET held = 0 WHERE id = ? AND held", message);
  else if (edit.kind == Edit::Kind::hold || edit.kind == Edit::Kind::drop)
    look_at_message(db, message, seconds(edit.now));
}

/// The same. One that is opened is tried before any mail is given up because of what it said last.
void edit_destination(Connection& db, const Edit& edit, const std::string& name) {
  if (edit.opens()) execute(db, "UPDATE destination SET closed = 0, problem = '' WHERE name = ?", name);
  look_at_destination(db, name);
}

std::vector<Place> places_of(const std::vector<QueuedMail>& all, const Edit& edit) {
  std::vector<Place> places;
  for (const QueuedMail& mail : all)
    for (const QueuedRecipient& recipient : mail.recipients) {
      Place& place = places.emplace_back();
      place.message = mail.queue_id;
      place.number = recipient.number;
      place.address = lower(recipient.recipient.address);
      if (edit.kind == Edit::Kind::reroute)
        place.target = edit.route.empty() ? recipient.recipient.destination() : edit.route;
    }
  return places;
}

/// Edits some in one transaction, beginning with `next`, which moves on; those that were edited are added.
void edit_slice(Connection& db, const Edit& edit, const std::vector<Place>& places, std::size_t& next,
                Slice& slice, std::vector<QueueId>& edited) {
  std::set<QueueId> messages;
  std::set<std::string> destinations;
  std::set<std::string> left;
  Transaction transaction(db, Transaction::Kind::write);
  for (bool more = true; more && next < places.size(); ++next) {
    const Place& place = places[next];
    more = slice.take();
    const std::string destination = destination_of(db, place);
    if (!edit_recipient(db, edit, place)) continue;
    edited.push_back(place.message);
    messages.insert(place.message);
    if (!place.target.empty()) left.insert(destination);
    destinations.insert(place.target.empty() ? destination : place.target);
  }
  for (const QueueId message : messages) edit_message(db, edit, message);
  for (const std::string& destination : destinations) edit_destination(db, edit, destination);
  for (const std::string& destination : left) look_at_destination(db, destination);
  if (!messages.empty()) execute(db, "UPDATE queue_edits SET count = count + 1");
  transaction.commit();
}

QueueChange edit_queue(Connection& db, const Edit& edit, const QueueFilter& filter) {
  QueueChange change;
  Slices slices(kSlice);
  QueueId first{};
  while (const auto all = read_window(db, filter, first)) {
    const std::vector<Place> places = places_of(*all, edit);
    std::vector<QueueId> edited;
    for (std::size_t next = 0; next < places.size();) {
      Slice slice = slices.begin();
      edit_slice(db, edit, places, next, slice, edited);
      slices.end(slice);
      std::this_thread::sleep_for(kPause);
    }
    change.recipients += edited.size();
    change.messages += std::set<QueueId>(edited.begin(), edited.end()).size();
  }
  return change;
}

}  // namespace

std::vector<QueuedMail> list_queue(Connection& db, const QueueFilter& filter) {
  std::vector<QueuedMail> found;
  QueueId next{};
  while (auto all = read_window(db, filter, next))
    std::move(all->begin(), all->end(), std::back_inserter(found));
  return found;
}

QueueChange hold_queue(Connection& db, const QueueFilter& filter) {
  return edit_queue(db, Edit(Edit::Kind::hold), filter);
}

QueueChange release_queue(Connection& db, const QueueFilter& filter, WallTime now) {
  return edit_queue(db, Edit(Edit::Kind::release, now), filter);
}

QueueChange retry_queue(Connection& db, const QueueFilter& filter, WallTime now) {
  return edit_queue(db, Edit(Edit::Kind::retry, now), filter);
}

QueueChange reroute_queue(Connection& db, const QueueFilter& filter, const std::string& route, WallTime now) {
  return edit_queue(db, Edit(Edit::Kind::reroute, now, route), filter);
}

QueueChange drop_queue(Connection& db, const QueueFilter& filter, WallTime now) {
  return edit_queue(db, Edit(Edit::Kind::drop, now), filter);
}

}  // namespace postroom::sqlite
