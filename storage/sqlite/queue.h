// The tables queued, queued_recipient and destination.
#pragma once

#include "storage/queue.h"
#include "storage/sqlite/trace.h"

namespace postroom::sqlite {

/// Puts a message into the queue. The reference to its content is counted by the caller.
void enqueue(Connection& db, const Outgoing& outgoing, ContentId content, std::uint64_t size, TraceId trace,
             WallTime now);

/// As Queue::due().
DueMail due(Connection& db, WallTime now, const DueMost& most);
/// As Queue::due_at().
DueBatch due_at(Connection& db, const std::string& destination, WallTime now, std::size_t most);
/// As Queue::remaining().
std::vector<std::uint32_t> remaining(Connection& db, QueueId message, const std::string& destination);
/// As Queue::overdue().
std::vector<QueuedMail> overdue(Connection& db, WallTime now, std::size_t most);
/// As Queue::late().
std::vector<QueuedMail> late(Connection& db, WallTime arrived, bool untold, const QueuePlace& after,
                             std::size_t most);

/// As Queue::progress(). True: a content may be garbage now.
bool progress(Connection& db, const QueueProgress& progress, WallTime now);
/// As Queue::put_off(); tried at `now`.
void put_off(Connection& db, const std::string& destination, WallTime now, WallTime until,
             const std::string& problem);

// For queue_admin.h.

/// When a recipient that is held is due: at the end of the year 9999.
inline constexpr std::int64_t kHeld = 253402300799;

/// Messages whose ids are from `first` to `last`, with their recipients in order, up to `most` in all; those
/// that are held only when they are asked for.
std::vector<QueuedMail> queued_between(Connection& db, QueueId first, QueueId last, bool also_held,
                                       std::int64_t most);
/// Before something is queued for it that is due at `now`.
void open_destination(Connection& db, const std::string& destination, WallTime now);
/// After recipients of it have changed: when something of it is due.
void look_at_destination(Connection& db, std::string_view destination);
/// After recipients of a message have gone or are held: is done with it when there are none left, and notes
/// when all that are left are held. What it gave up may be read for a while from `now` (Unix seconds) on; 0:
/// nobody does. True: a content may be garbage.
bool look_at_message(Connection& db, QueueId message, std::int64_t now);

}  // namespace postroom::sqlite
