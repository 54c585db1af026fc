// What an administrator sees of the queue, and does to it. Synchronous, as accounts.h is: beside a server
// that is running or not. A running one looks at the queue every few seconds; a message that it is sending at
// the moment it sends to the end.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "storage/queue.h"
#include "storage/sqlite/connection.h"

namespace postroom::sqlite {

/// Some of the queue: what all that is said here is true of.
struct QueueFilter {
  QueueFilter() = default;
  std::vector<std::string> ids;    ///< Outgoing::id is one of them; none: any
  std::string sender;              ///< an address, a domain like "@example.org", or "<>"; empty: any
  std::string recipient;           ///< the same of a recipient; others of the message are left alone
  std::optional<WallTime> before;  ///< arrived before

  bool everything() const { return ids.empty() && sender.empty() && recipient.empty() && !before; }
};

/// Mail with those of its recipients that the filter lets through, the first to arrive first.
std::vector<QueuedMail> list_queue(Connection& db, const QueueFilter& filter);

/// How much of the queue has been changed.
struct QueueChange {
  QueueChange() = default;
  std::uint64_t messages = 0;
  std::uint64_t recipients = 0;
};

// Each goes through the queue in short transactions, so that others get their turn, and counts only what was
// not so before.

/// Recipients are not tried, and neither do they expire nor is their sender told of a delay, until they are
/// released.
QueueChange hold_queue(Connection& db, const QueueFilter& filter);
/// Those that are held are due at `now`, and are tried once more however old they are.
QueueChange release_queue(Connection& db, const QueueFilter& filter, WallTime now);
/// All but those that are held are due at `now`, and so is what else waits until their destinations can be
/// reached again.
QueueChange retry_queue(Connection& db, const QueueFilter& filter, WallTime now);
/// They go by `route` from now on, "smtp://mail.example.net:25", which is a destination of its own; empty: as
/// other mail for their domains again. All but those that are held are due at `now`, and each is tried so
/// once however old it is.
QueueChange reroute_queue(Connection& db, const QueueFilter& filter, const std::string& route, WallTime now);
/// Takes them from the queue. Nobody is told, but the trace says so.
QueueChange drop_queue(Connection& db, const QueueFilter& filter, WallTime now);

}  // namespace postroom::sqlite
