// Reading the tables message, expunged and content.
#include "storage/sqlite/messages.h"

#include <algorithm>

#include "storage/sqlite/mailboxes.h"

namespace postroom::sqlite {

namespace {

/// Seeking costs about as much as stepping over this many rows.
constexpr Uid kSmallGap = 64;

// What one read gives at most: a short transaction, and little memory.
constexpr std::size_t kBatchRows = 4096;
constexpr std::size_t kBatchBytes = 1 << 19;

// The strings that are not wanted are not even read.
constexpr Sql kFetchFacts =
    "SELECT m.uid, m.content, m.flags, m.modseq, m.internal_date, m.size, m.sent_date,"
    " iif(?4 & 2, c.envelope, NULL), iif(?4 & 4, c.body, NULL),"
    " iif(?4 & 8, c.body_structure, NULL), iif(?4 & 16, c.parts, NULL),"
    " iif(?4 & 32, c.preview, NULL), iif(?4 & 64, c.sort_keys, NULL), coalesce(m.saved, m.internal_date), "
    "m.thread"
    " FROM message m JOIN content c ON c.id = m.content"
    " WHERE m.mailbox = ?1 AND m.uid BETWEEN ?2 AND ?3 ORDER BY m.uid";
static_assert(Want::envelope == 2 && Want::body == 4 && Want::body_structure == 8 && Want::parts == 16);
static_assert(Want::preview == 32 && Want::sort_keys == 64);

constexpr Sql kFetch =
    "SELECT uid, content, flags, modseq, internal_date, size, sent_date"
    " FROM message WHERE mailbox = ?1 AND uid BETWEEN ?2 AND ?3 ORDER BY uid";

constexpr Sql kFetchSaved =
    "SELECT uid, content, flags, modseq, internal_date, size, sent_date, coalesce(saved, internal_date), "
    "thread"
    " FROM message WHERE mailbox = ?1 AND uid BETWEEN ?2 AND ?3 ORDER BY uid";

MessageRow light_row(const Query& from) {
  MessageRow row;
  row.uid = from.as<Uid>(0);
  row.content = from.as<ContentId>(1);
  row.flags.bits = from.as<std::uint64_t>(2);
  row.modseq = from.as<ModSeq>(3);
  row.internal_date = WallTime(std::chrono::seconds(from.integer(4)));
  row.size = from.as<std::uint64_t>(5);
  row.sent_date = from.integer(6);
  return row;
}

void add_saved(const Query& from, int column, MessageRow& row) {
  row.saved = WallTime(std::chrono::seconds(from.integer(column)));
  row.thread = from.as<std::uint64_t>(column + 1);
}

/// Returns how many bytes it read.
std::size_t add_facts(const Query& from, std::uint32_t want, MessageRow& row) {
  row.envelope = from.text(7);
  row.body = from.text(8);
  row.body_structure = from.text(9);
  row.parts = from.text(10);
  std::size_t bytes = row.envelope.size() + row.body.size() + row.body_structure.size() + row.parts.size();
  if ((want & (Want::preview | Want::sort_keys | Want::saved)) == 0) return bytes;
  if (!from.is_null(11)) row.preview = from.text(11);
  row.sort_keys = from.text(12);
  add_saved(from, 13, row);
  if (row.preview) bytes += row.preview->size();
  return bytes + row.sort_keys.size();
}

/// Every UID below `end` that is not there.
UidSet missing_below(Connection& db, MailboxId mailbox, Uid end) {
  UidSet missing;
  Uid next = 1;
  Query present(db, "SELECT uid FROM message WHERE mailbox = ? AND uid < ? ORDER BY uid", mailbox, end);
  while (present.step()) {
    const Uid uid = present.as<Uid>(0);
    if (uid > next) missing.add(next, uid - 1);
    next = uid + 1;
  }
  if (end > next) missing.add(next, end - 1);
  return missing;
}

/// Messages that were there and have new flags, in the order in which they got them. Ends between two modseqs
/// only: whoever asks again from the one that was reached misses nothing.
void read_changed(Connection& db, MailboxId mailbox, ModSeq since, std::size_t most,
                  MailboxChanges& changes) {
  std::vector<FlagState>& changed = changes.changed;
  Query rows(db,
             "SELECT uid, flags, modseq FROM message"
             " WHERE mailbox = ?1 AND modseq > ?2 AND modseq > added AND added <= ?2 ORDER BY modseq",
             mailbox, since);
  while (!changes.more && rows.step()) {
    const FlagState state{rows.as<Uid>(0), {rows.as<std::uint64_t>(1)}, rows.as<ModSeq>(2)};
    changes.more = changed.size() >= most && state.modseq > changed.back().modseq;
    if (!changes.more) changed.push_back(state);
  }
  if (changes.more) changes.highest_modseq = changed.back().modseq;
  std::sort(changed.begin(), changed.end(),
            [](const FlagState& a, const FlagState& b) { return a.uid < b.uid; });
}

}  // namespace

bool UidWalk::next() {
  while (run_ < runs_.size() && query_.step()) {
    uid_ = query_.as<Uid>(0);
    const std::size_t before = run_;
    while (run_ < runs_.size() && runs_[run_].last < uid_) ++run_;
    if (run_ == runs_.size()) return false;
    if (runs_[run_].first <= uid_) return true;
    if (run_ > before && runs_[run_].first - uid_ > kSmallGap)
      query_.rebind(mailbox_, runs_[run_].first, runs_.back().last);
  }
  return false;
}

bool exists(Connection& db, MailboxId mailbox) {
  return lookup(db, "SELECT 1 FROM mailbox WHERE id = ?", mailbox).has_value();
}

std::uint32_t uid_validity(Connection& db, MailboxId mailbox) {
  return static_cast<std::uint32_t>(
      lookup(db, "SELECT uid_validity FROM mailbox WHERE id = ?", mailbox).value_or(0));
}

Uid uid_next(Connection& db, MailboxId mailbox) {
  return static_cast<Uid>(lookup(db, "SELECT uid_next FROM mailbox WHERE id = ?", mailbox).value_or(1));
}

std::vector<MessageRow> fetch(Connection& db, MailboxId mailbox, const UidSet& uids, std::uint32_t want) {
  std::vector<MessageRow> rows;
  if (uids.empty() || !exists(db, mailbox)) return rows;
  if ((want & ~(Want::flags | Want::saved)) == 0) {
    const bool saved = (want & Want::saved) != 0;
    UidWalk walk(db, saved ? kFetchSaved : kFetch, mailbox, uids);
    while (rows.size() < kBatchRows && walk.next()) {
      rows.push_back(light_row(walk.row()));
      if (saved) add_saved(walk.row(), 7, rows.back());
    }
    return rows;
  }
  std::size_t bytes = 0;
  UidWalk walk(db, kFetchFacts, mailbox, uids, want);
  while (rows.size() < kBatchRows && bytes < kBatchBytes && walk.next()) {
    rows.push_back(light_row(walk.row()));
    bytes += add_facts(walk.row(), want, rows.back());
  }
  return rows;
}

UidSet expunged_since(Connection& db, MailboxId mailbox, ModSeq since, ModSeq until) {
  std::vector<UidSet::Run> runs;
  Query records(db, "SELECT first, last FROM expunged WHERE mailbox = ? AND modseq > ? AND modseq <= ?",
                mailbox, since, until);
  while (records.step()) runs.push_back({records.as<Uid>(0), records.as<Uid>(1)});
  std::sort(runs.begin(), runs.end(),
            [](const UidSet::Run& a, const UidSet::Run& b) { return a.first < b.first; });
  UidSet uids;
  for (const UidSet::Run& run : runs) uids.add(run.first, run.last);
  return uids;
}

MailboxChanges read_changes(Connection& db, MailboxId mailbox, ModSeq since, std::size_t most) {
  MailboxChanges changes;
  Query box(db, "SELECT highest_modseq, uid_next, forgotten FROM mailbox WHERE id = ?", mailbox);
  if (!box.step()) return changes;
  changes.highest_modseq = box.as<ModSeq>(0);
  if (changes.highest_modseq <= since) return changes;
  read_changed(db, mailbox, since, most, changes);
  Query latest(db, "SELECT uid, added FROM message WHERE mailbox = ? ORDER BY uid DESC", mailbox);
  std::vector<Uid> added;
  while (latest.step() && latest.as<ModSeq>(1) > since) {
    if (latest.as<ModSeq>(1) <= changes.highest_modseq) added.push_back(latest.as<Uid>(0));
  }
  for (auto uid = added.rbegin(); uid != added.rend(); ++uid) changes.added.add(*uid);
  const bool remembered = since >= box.as<ModSeq>(2);
  changes.expunged = remembered ? expunged_since(db, mailbox, since, changes.highest_modseq)
                                : missing_below(db, mailbox, box.as<Uid>(1));
  return changes;
}

UidSet deleted_among(Connection& db, MailboxId mailbox, const UidSet& uids) {
  UidSet deleted;
  if (!exists(db, mailbox)) return deleted;
  UidWalk walk(
      db, "SELECT uid FROM message WHERE mailbox = ?1 AND uid BETWEEN ?2 AND ?3 AND flags & 8 ORDER BY uid",
      mailbox, uids);
  static_assert(Flags::deleted == 8);
  while (walk.next()) deleted.add(walk.uid());
  return deleted;
}

}  // namespace postroom::sqlite
