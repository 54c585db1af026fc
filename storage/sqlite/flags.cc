// Writing messages' flags.
#include "storage/sqlite/edits.h"
#include "storage/sqlite/messages.h"

namespace postroom::sqlite {

namespace {

Flags changed_flags(Flags flags, const FlagChange& change) {
  switch (change.how) {
    case FlagChange::How::replace: return change.flags;
    case FlagChange::How::add: return {flags.bits | change.flags.bits};
    case FlagChange::How::remove: return {flags.bits & ~change.flags.bits};
  }
  return flags;
}

/// 1 when the flag is new, -1 when it has gone.
int gain(Flags before, Flags now, std::uint64_t flag) {
  return static_cast<int>((now.bits & flag) != 0) - static_cast<int>((before.bits & flag) != 0);
}

/// A message whose flags are to be written.
struct Flagged {
  std::size_t place;  // in FlagsStored::now
  Flags before;
  std::int64_t size;
};

/// Reads one slice, decides what changes.
std::vector<Flagged> plan_flags(Connection& db, MailboxId mailbox, const UidSet& uids,
                                const FlagChange& change, Slice& slice, FlagsStored& stored,
                                Progress& progress) {
  std::vector<Flagged> plan;
  UidWalk walk(db,
               "SELECT uid, flags, modseq, size FROM message WHERE mailbox = ?1 AND uid BETWEEN ?2 AND ?3 "
               "ORDER BY uid",
               mailbox, uids);
  while (walk.next()) {
    FlagState state{walk.uid(), {walk.row().as<std::uint64_t>(1)}, walk.row().as<ModSeq>(2)};
    progress.last = state.uid;
    if (change.unchanged_since && state.modseq > *change.unchanged_since) {
      stored.refused.add(state.uid);
    } else {
      const Flags before = state.flags;
      state.flags = changed_flags(before, change);
      if (state.flags != before) plan.push_back({stored.now.size(), before, walk.row().integer(3)});
      stored.now.push_back(state);
    }
    if (!slice.take()) {
      progress.done = false;
      break;
    }
  }
  return plan;
}

}  // namespace

Progress store_flags(Write& write, MailboxId mailbox, const UidSet& uids, const FlagChange& change,
                     Slice& slice, FlagsStored& stored) {
  Progress progress;
  const auto modseq = lookup(write.db, "SELECT highest_modseq + 1 FROM mailbox WHERE id = ?", mailbox);
  if (!modseq) return progress;
  const auto plan = plan_flags(write.db, mailbox, uids, change, slice, stored, progress);
  if (plan.empty()) return progress;
  std::int64_t seen = 0;  // how many more than before
  std::int64_t deleted = 0;
  std::int64_t deleted_size = 0;
  for (const Flagged& each : plan) {
    FlagState& state = stored.now[each.place];
    state.modseq = static_cast<ModSeq>(*modseq);
    seen += gain(each.before, state.flags, Flags::seen);
    deleted += gain(each.before, state.flags, Flags::deleted);
    deleted_size += gain(each.before, state.flags, Flags::deleted) * each.size;
    execute(write.db, "UPDATE message SET flags = ?, modseq = ? WHERE mailbox = ? AND uid = ?",
            state.flags.bits, state.modseq, mailbox, state.uid);
  }
  execute(write.db,
          "UPDATE mailbox SET highest_modseq = ?, unseen = unseen - ?, deleted = deleted + ?,"
          " deleted_size = deleted_size + ? WHERE id = ?",
          *modseq, seen, deleted, deleted_size, mailbox);
  stored.modseq = static_cast<ModSeq>(*modseq);
  write.changed(mailbox, stored.modseq);
  return progress;
}

}  // namespace postroom::sqlite
