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

bool matches(const QueueFilter& filter, const QueuedMail& mail) {
  const bool named =
      filter.ids.empty() || std::find(filter.ids.begin(), filter.ids.end(), mail.id) != filter.ids.end();
  return named && is_let_through(filter.sender, mail.reverse_path) &&
         (!filter.before || mail.arrived < *filter.before);
}

/// From `next` on, which moves past what was read; nothing: that was all.
std::optional<std::vector<QueuedMail>> read_window(Connection& db, const QueueFilter& filter, QueueId& next) {
  const auto first = lookup(db, "SELECT id FROM queued WHERE id >= ? ORDER BY id LIMIT 1", next);
  if (!first) return std::nullopt;
  next = QueueId{*first + kWindow};
  std::vector<QueuedMail> found =
      queued_between(db, QueueId{*first}, QueueId{*first + kWindow - 1}, true, -1);
  std::erase_if(found, [&](QueuedMail& mail) {
    std::erase_if(mail.recipients, [&](const QueuedRecipient& recipient) {
      return !is_let_through(filter.recipient, recipient.recipient.address);
    });
    return mail.recipients.empty() || !matches(filter, mail);
  });
  return found;
}

enum class Edit { hold, release, retry, drop };

/// A recipient to be edited.
struct Place {
  QueueId message{};
  std::uint32_t number = 0;
  std::string address;  ///< in lower case
};

bool drop_recipient(Connection& db, const Place& place, WallTime now) {
  if (execute(db, "DELETE FROM queued_recipient WHERE message = ? AND number = ?", place.message,
              place.number) == 0)
    return false;
  TraceEvent event;
  event.kind = TraceEvent::Kind::removed;
  event.address = place.address;
  const auto trace = lookup(db, "SELECT trace FROM queued WHERE id = ?", place.message);
  trace_event(db, TraceId{trace.value_or(0)}, event, now);
  return true;
}

/// False: it was so before. What has no problem is not given up before it has been tried, so one that is
/// released has none.
bool edit_recipient(Connection& db, Edit edit, const Place& place, WallTime now) {
  switch (edit) {
    case Edit::hold:
      return execute(db,
                     "UPDATE queued_recipient SET due = ?3 WHERE message = ?1 AND number = ?2 AND due < ?3",
                     place.message, place.number, kHeld) > 0;
    case Edit::release:
      return execute(db,
                     "UPDATE queued_recipient SET due = ?3, problem = ''"
                     " WHERE message = ?1 AND number = ?2 AND due = ?4",
                     place.message, place.number, seconds(now), kHeld) > 0;
    case Edit::retry:
      return execute(db,
                     "UPDATE queued_recipient SET due = min(due, ?3)"
                     " WHERE message = ?1 AND number = ?2 AND due < ?4",
                     place.message, place.number, seconds(now), kHeld) > 0;
    case Edit::drop: return drop_recipient(db, place, now);
  }
  return false;
}

/// After recipients of it have been edited.
void edit_message(Connection& db, Edit edit, QueueId message, WallTime now) {
  if (edit == Edit::release)
    execute(db, "UPDATE queued SET held = 0 WHERE id = ? AND held", message);
  else if (edit != Edit::retry)
    look_at_message(db, message, seconds(now));
}

/// The same. One that is opened is tried before any mail is given up because of what it said last.
void edit_destination(Connection& db, Edit edit, const std::string& name) {
  if (edit == Edit::release || edit == Edit::retry)
    execute(db, "UPDATE destination SET closed = 0, problem = '' WHERE name = ?", name);
  look_at_destination(db, name);
}

std::vector<Place> places_of(const std::vector<QueuedMail>& all) {
  std::vector<Place> places;
  for (const QueuedMail& mail : all)
    for (const QueuedRecipient& recipient : mail.recipients)
      places.push_back({mail.queue_id, recipient.number, lower(recipient.recipient.address)});
  return places;
}

/// Edits some in one transaction, beginning with `next`, which moves on; those that were edited are added.
void edit_slice(Connection& db, Edit edit, WallTime now, const std::vector<Place>& places, std::size_t& next,
                Slice& slice, std::vector<QueueId>& edited) {
  std::set<QueueId> messages;
  std::set<std::string> destinations;
  Transaction transaction(db, Transaction::Kind::write);
  for (bool more = true; more && next < places.size(); ++next) {
    const Place& place = places[next];
    more = slice.take();
    if (!edit_recipient(db, edit, place, now)) continue;
    edited.push_back(place.message);
    messages.insert(place.message);
    destinations.emplace(domain_of(place.address));
  }
  for (const QueueId message : messages) edit_message(db, edit, message, now);
  for (const std::string& destination : destinations) edit_destination(db, edit, destination);
  transaction.commit();
}

QueueChange edit_queue(Connection& db, Edit edit, const QueueFilter& filter, WallTime now) {
  QueueChange change;
  Slices slices(kSlice);
  QueueId first{};
  while (const auto all = read_window(db, filter, first)) {
    const std::vector<Place> places = places_of(*all);
    std::vector<QueueId> edited;
    for (std::size_t next = 0; next < places.size();) {
      Slice slice = slices.begin();
      edit_slice(db, edit, now, places, next, slice, edited);
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
  return edit_queue(db, Edit::hold, filter, WallTime());
}

QueueChange release_queue(Connection& db, const QueueFilter& filter, WallTime now) {
  return edit_queue(db, Edit::release, filter, now);
}

QueueChange retry_queue(Connection& db, const QueueFilter& filter, WallTime now) {
  return edit_queue(db, Edit::retry, filter, now);
}

QueueChange drop_queue(Connection& db, const QueueFilter& filter, WallTime now) {
  return edit_queue(db, Edit::drop, filter, now);
}

}  // namespace postroom::sqlite
