// Writing messages' flags.
#include "storage/sqlite/edits.h"
#include "storage/sqlite/messages.h"

namespace postroom::sqlite {

namespace {

/// A change as what it keeps and what it adds.
struct Masks {
  explicit Masks(const FlagChange& change) {
    if (change.how == FlagChange::How::replace) kept = 0;
    if (change.how == FlagChange::How::remove)
      kept = ~change.flags.bits;
    else
      added = change.flags.bits;
  }
  Flags of(Flags flags) const { return {(flags.bits & kept) | added}; }

  std::uint64_t kept = ~std::uint64_t{0};
  std::uint64_t added = 0;
};

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
  const Masks masks(change);
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
      state.flags = masks.of(before);
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

/// One statement for each run of UIDs that are all changed.
void write_flags(Connection& db, MailboxId mailbox, const Masks& masks, ModSeq modseq,
                 const UidSet& changed) {
  Query update(db,
               "UPDATE message SET flags = (flags & ?4) | ?5, modseq = ?6"
               " WHERE mailbox = ?1 AND uid BETWEEN ?2 AND ?3");
  for (const UidSet::Run& run : changed.runs()) {
    update.rebind(mailbox, run.first, run.last, masks.kept, masks.added, modseq);
    update.step();
  }
}

}  // namespace

Progress store_flags(Write& write, MailboxId mailbox, const UidSet& uids, const FlagChange& change,
                     Slice& slice, FlagsStored& stored) {
  Progress progress;
  const auto modseq = lookup(write.db, "SELECT highest_modseq + 1 FROM mailbox WHERE id = ?", mailbox);
  if (!modseq) return progress;
  const auto plan = plan_flags(write.db, mailbox, uids, change, slice, stored, progress);
  if (plan.empty()) return progress;
  UidSet changed;
  std::int64_t seen = 0;  // how many more than before
  std::int64_t deleted = 0;
  std::int64_t deleted_size = 0;
  for (const Flagged& each : plan) {
    FlagState& state = stored.now[each.place];
    state.modseq = static_cast<ModSeq>(*modseq);
    seen += gain(each.before, state.flags, Flags::seen);
    deleted += gain(each.before, state.flags, Flags::deleted);
    deleted_size += gain(each.before, state.flags, Flags::deleted) * each.size;
    changed.add(state.uid);
  }
  write_flags(write.db, mailbox, Masks(change), static_cast<ModSeq>(*modseq), changed);
  execute(write.db,
          "UPDATE mailbox SET highest_modseq = ?, unseen = unseen - ?, deleted = deleted + ?,"
          " deleted_size = deleted_size + ? WHERE id = ?",
          *modseq, seen, deleted, deleted_size, mailbox);
  stored.modseq = static_cast<ModSeq>(*modseq);
  write.changed(mailbox, stored.modseq);
  return progress;
}

}  // namespace postroom::sqlite
