// What is done to a database that comes out of a backup, before it is served.
#pragma once

#include <string>

#include "storage/sqlite/connection.h"
#include "storage/types.h"

namespace postroom::sqlite {

/// How thoroughly it is looked at: `quick` leaves out whether indexes and tables say the same.
enum class Thorough { quick, full };

/// Empty: it is whole, and every message and every mail in the queue has its content. Otherwise what is
/// wrong.
std::string find_damage(Connection& db, Thorough how);

struct RestoredCounts {
  RestoredCounts() = default;
  std::uint64_t accounts = 0;
  std::uint64_t mailboxes = 0;
  std::uint64_t messages = 0;
  std::uint64_t queued = 0;
};
RestoredCounts count_restored(Connection& db);

/// How far UIDs are moved on at least: more than are given out between a backup and the loss it is for.
inline constexpr std::int64_t kUidsLeftOut = 1'000'000;
/// And for each second since the backup, so that they go further when it, or an older one, is restored once
/// more: a mailbox gets fewer messages than that in the long run.
inline constexpr std::int64_t kUidsLeftOutPerSecond = 10;

/// Clients may know of what was done after the backup and is lost now. So that no number that they know ever
/// means something else, each mailbox's next UID and highest modseq are moved on, and so are the ids of what
/// is added, further still, for there is room; UIDs between count as expunged. Messages keep their UIDs and
/// flags; their modseqs become the mailbox's new one, for their flags may have changed: a client that
/// synchronizes by modseq asks for all of them once (RFC 7162 3.1).
void leave_numbers_out(Connection& db, WallTime taken, WallTime now);

}  // namespace postroom::sqlite
