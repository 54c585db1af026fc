// Writing the tables message and expunged, and a mailbox's counters.
#include "storage/sqlite/edits.h"

#include "storage/sqlite/contents.h"
#include "storage/sqlite/mailboxes.h"
#include "storage/sqlite/message_rows.h"
#include "storage/sqlite/messages.h"

namespace postroom::sqlite {

namespace {

struct Row {
  Uid uid = 0;
  Message message;
};

constexpr Sql kRows =
    "SELECT uid, content, flags, internal_date, size, sent_date, thread FROM message"
    " WHERE mailbox = ?1 AND uid BETWEEN ?2 AND ?3 ORDER BY uid";

/// The rows of one slice. Read before anything is written: a statement never walks over what another one
/// changes.
std::vector<Row> read_rows(Connection& db, MailboxId mailbox, const UidSet& uids, Flags required,
                           Slice& slice, Progress& progress) {
  std::vector<Row> rows;
  UidWalk walk(db, kRows, mailbox, uids);
  while (walk.next()) {
    const Query& from = walk.row();
    Row row;
    row.uid = walk.uid();
    row.message.content = from.as<ContentId>(1);
    row.message.flags.bits = from.as<std::uint64_t>(2);
    row.message.internal_date = WallTime(std::chrono::seconds(from.integer(3)));
    row.message.size = from.as<std::uint64_t>(4);
    row.message.sent_date = from.integer(5);
    if (!from.is_null(6)) row.message.thread = from.integer(6);
    if ((row.message.flags.bits & required.bits) != required.bits) continue;
    rows.push_back(row);
    progress.last = row.uid;
    if (!slice.take()) {
      progress.done = false;
      break;
    }
  }
  return rows;
}

Sum sum_of(const std::vector<Row>& rows) {
  Sum sum;
  for (const Row& row : rows) sum.add(row.message.flags, row.message.size);
  return sum;
}

/// Puts copies where there is a place for them, and says which. Their references are counted by the caller.
void insert_rows(Write& write, const Place& place, const std::vector<Row>& rows, WallTime now,
                 Copied& copied) {
  copied.uid_validity = place.uid_validity;
  Uid uid = place.uid;
  for (const Row& row : rows) {
    Message message = row.message;
    message.saved = now;
    insert_message(write.db, place.mailbox, uid, place.modseq, message);
    copied.from.push_back(row.uid);
    copied.to.push_back(uid++);
  }
  write.changed(place.mailbox, place.modseq);
}

/// Expunge records of one mailbox that are kept.
constexpr std::int64_t kRemembered = 4000;

/// For one of sixteen modseqs it is asked whether there are more; scattered, since work in a regular
/// rhythm would pass over every sixteenth.
bool is_time_to_ask(ModSeq modseq) { return (modseq * 0x9E3779B97F4A7C15ULL) >> 60 == 0; }

/// Keeps the records of expunges from growing for ever; `added` were added just now.
void forget_old_expunges(Connection& db, MailboxId mailbox, ModSeq modseq, std::size_t added) {
  if (is_time_to_ask(modseq)) {
    const auto oldest = lookup(
        db, "SELECT modseq FROM expunged WHERE mailbox = ? ORDER BY modseq DESC, first DESC LIMIT 1 OFFSET ?",
        mailbox, kRemembered);
    if (oldest) execute(db, "UPDATE mailbox SET forgotten = ?2 WHERE id = ?1", mailbox, *oldest);
  }
  // A few more than are added each time: no transaction is long, and in the end all are gone.
  execute(db,
          "DELETE FROM expunged WHERE mailbox = ?1 AND modseq <= (SELECT min(b.forgotten, e.modseq)"
          " FROM mailbox b, (SELECT modseq FROM expunged WHERE mailbox = ?1 ORDER BY modseq, first"
          " LIMIT 1 OFFSET ?2) e WHERE b.id = ?1)",
          mailbox, 2 * added + 64);
}

/// Removes rows from a mailbox, remembering that they were there; their references are counted by the caller.
ModSeq remove_rows(Write& write, MailboxId mailbox, const std::vector<Row>& rows) {
  const Sum sum = sum_of(rows);
  ModSeq modseq = 0;
  {
    Query query(write.db,
                "UPDATE mailbox SET highest_modseq = highest_modseq + 1, messages = messages - ?2,"
                " unseen = unseen - ?3, deleted = deleted - ?4, deleted_size = deleted_size - ?5,"
                " size = size - ?6 WHERE id = ?1 RETURNING highest_modseq",
                mailbox, sum.messages, sum.unseen, sum.deleted, sum.deleted_size, sum.size);
    query.step();
    modseq = query.as<ModSeq>(0);
  }
  UidSet uids;
  for (const Row& row : rows) {
    execute(write.db, "DELETE FROM message WHERE mailbox = ? AND uid = ?", mailbox, row.uid);
    uids.add(row.uid);
  }
  for (const UidSet::Run& run : uids.runs())
    execute(write.db, "INSERT INTO expunged(mailbox, modseq, first, last) VALUES(?, ?, ?, ?)", mailbox,
            modseq, run.first, run.last);
  forget_old_expunges(write.db, mailbox, modseq, uids.runs().size());
  write.changed(mailbox, modseq);
  return modseq;
}

/// A place for copies.
Place target(Connection& db, MailboxId mailbox, const Sum& sum, const QuotaLimits& defaults) {
  const auto place = place_in(db, mailbox, sum, defaults);
  if (!place) throw StoreFault("the target of a copy is gone");
  return *place;
}

/// But for its content.
Message message_of(Connection& db, const NewMessage& added, WallTime now) {
  Message message;
  message.size = size_of(db, added.spool->staged(), added.spool->held());
  message.flags = added.flags;
  message.internal_date = added.internal_date;
  message.saved = now;
  return message;
}

ContentId keep(Connection& db, const NewMessage& added) {
  Spool& spool = *added.spool;
  if (!spool.is_settled()) return sqlite::keep(db, spool.staged(), spool.held(), added.facts);
  adopt(db, *spool.staged());
  return *spool.staged();
}

}  // namespace

std::optional<Appended> append_all(Write& write, MailboxId mailbox, const std::vector<NewMessage>& messages,
                                   WallTime now, const QuotaLimits& defaults, const Sum& leaves) {
  std::vector<Message> rows;
  Sum sum;
  for (const NewMessage& added : messages) {
    rows.push_back(message_of(write.db, added, now));
    sum.add(rows.back().flags, rows.back().size);
  }
  const auto place = place_in(write.db, mailbox, sum, defaults);
  if (!place) return std::nullopt;
  Appended appended;
  appended.uid = place->uid;
  appended.uid_validity = place->uid_validity;
  appended.over_quota = over_quota(write.db, *place, defaults, sum, leaves);
  if (appended.over_quota) {
    take_back(write.db, *place, sum);
    return appended;
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].content = keep(write.db, messages[i]);
    put(write, *place, static_cast<Uid>(i), messages[i].facts, rows[i]);
  }
  write.changed(mailbox, place->modseq);
  return appended;
}

Progress copy(Write& write, MailboxId from, const UidSet& uids, MailboxId to, WallTime now, Slice& slice,
              const QuotaLimits& defaults, Copied& copied) {
  Progress progress;
  if (!exists(write.db, from)) return progress;
  const auto rows = read_rows(write.db, from, uids, Flags(), slice, progress);
  if (rows.empty()) return progress;
  const Sum sum = sum_of(rows);
  const Place place = target(write.db, to, sum, defaults);
  copied.over_quota = over_quota(write.db, place, defaults, sum);
  if (copied.over_quota) {
    take_back(write.db, place, sum);
    return progress;
  }
  insert_rows(write, place, rows, now, copied);
  for (const Row& row : rows) share(write.db, row.message.content, 1);
  return progress;
}

Progress move(Write& write, MailboxId from, const UidSet& uids, MailboxId to, WallTime now, Slice& slice,
              const QuotaLimits& defaults, Copied& copied) {
  Progress progress;
  if (!exists(write.db, from)) return progress;
  const auto rows = read_rows(write.db, from, uids, Flags(), slice, progress);
  if (rows.empty()) return progress;
  insert_rows(write, target(write.db, to, sum_of(rows), defaults), rows, now, copied);
  remove_rows(write, from, rows);
  return progress;
}

Progress expunge(Write& write, MailboxId mailbox, const UidSet& uids, bool deleted_only, WallTime now,
                 Slice& slice, Expunged& expunged) {
  Progress progress;
  if (!exists(write.db, mailbox)) return progress;
  const Flags required{deleted_only ? Flags::deleted : 0};
  const auto rows = read_rows(write.db, mailbox, uids, required, slice, progress);
  if (rows.empty()) return progress;
  expunged.modseq = remove_rows(write, mailbox, rows);
  for (const Row& row : rows) {
    expunged.uids.add(row.uid);
    execute(write.db, "INSERT INTO garbage(at, mailbox, uid, content) VALUES(?, ?, ?, ?)",
            now.time_since_epoch().count(), mailbox, row.uid, row.message.content);
  }
  return progress;
}

bool collect_doomed(Connection& db, Slice& slice) {
  const auto doomed = lookup(db, "SELECT mailbox FROM doomed LIMIT 1");
  if (!doomed) return false;
  const MailboxId mailbox{*doomed};
  Progress progress;
  const auto rows = read_rows(db, mailbox, UidSet(1, ~Uid{0}), Flags(), slice, progress);
  for (const Row& row : rows) {
    execute(db, "DELETE FROM message WHERE mailbox = ? AND uid = ?", mailbox, row.uid);
    execute(db, "INSERT INTO garbage(at, mailbox, uid, content) VALUES(0, ?, ?, ?)", mailbox, row.uid,
            row.message.content);
  }
  if (!progress.done) return true;
  // Expunge records are small: what is left of the slice is enough for many.
  const std::int64_t removed =
      execute(db,
              "DELETE FROM expunged WHERE mailbox = ?1 AND modseq <= (SELECT modseq FROM expunged"
              " WHERE mailbox = ?1 ORDER BY modseq LIMIT 1 OFFSET 200)",
              mailbox);
  if (removed > 0) return true;
  execute(db, "DELETE FROM expunged WHERE mailbox = ?", mailbox);
  execute(db, "DELETE FROM doomed WHERE mailbox = ?", mailbox);
  return true;
}

}  // namespace postroom::sqlite
