// The tables queued, queued_recipient and destination.
#pragma once

#include "storage/queue.h"
#include "storage/sqlite/write.h"

namespace postroom::sqlite {

/// Puts a message into the queue. The reference to its content is counted by the caller.
void enqueue(Connection& db, const Outgoing& outgoing, ContentId content, std::uint64_t size, WallTime now);

/// As Queue::due().
DueMail due(Connection& db, WallTime now, std::size_t most);
/// As Queue::due_at().
std::vector<QueuedMail> due_at(Connection& db, const std::string& destination, WallTime now,
                               std::size_t most);
/// As Queue::late().
std::vector<QueuedMail> late(Connection& db, WallTime arrived, bool untold, const QueuePlace& after,
                             std::size_t most);

/// As Queue::progress(). True: a content may be garbage now.
bool progress(Connection& db, const QueueProgress& progress);
/// As Queue::put_off(); tried at `now`.
void put_off(Connection& db, const std::string& destination, WallTime now, WallTime until,
             const std::string& problem);

}  // namespace postroom::sqlite
