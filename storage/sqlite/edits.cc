// Writing the tables message and expunged, and a mailbox's counters.
#include "storage/sqlite/edits.h"

#include "storage/sqlite/contents.h"
#include "storage/sqlite/mailboxes.h"
#include "storage/sqlite/messages.h"
#include "storage/sqlite/threads.h"

namespace postroom::sqlite {

namespace {

/// A message but for its place.
struct Message {
  ContentId content{};
  Flags flags;
  WallTime internal_date{};
  std::uint64_t size = 0;
  std::int64_t sent_date = 0;
  WallTime saved{};
  std::optional<std::int64_t> thread;
};

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

void insert_message(Connection& db, MailboxId mailbox, Uid uid, ModSeq modseq, const Message& message) {
  std::optional<std::int64_t> saved;
  if (message.saved != message.internal_date) saved = message.saved.time_since_epoch().count();
  execute(db,
          "INSERT INTO message(mailbox, uid, flags, modseq, added, content, internal_date, size, sent_date,"
          " saved, thread) VALUES(?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
          mailbox, uid, message.flags.bits, modseq, message.content,
          message.internal_date.time_since_epoch().count(), message.size, message.sent_date, saved,
          message.thread);
}

/// What rows mean to their mailbox's counters.
struct Sum {
  explicit Sum(const std::vector<Row>& rows) : messages(rows.size()) {
    for (const Row& row : rows) {
      size += row.message.size;
      if ((row.message.flags.bits & Flags::seen) == 0) ++unseen;
      if ((row.message.flags.bits & Flags::deleted) != 0) ++deleted;
    }
  }
  std::uint64_t messages;
  std::uint64_t unseen = 0;
  std::uint64_t deleted = 0;
  std::uint64_t size = 0;
};

/// Adds rows to a mailbox with new UIDs, and says which. Their references are counted by the caller.
void insert_rows(Write& write, MailboxId mailbox, const std::vector<Row>& rows, WallTime now,
                 Copied& copied) {
  const Sum sum(rows);
  Uid uid = 0;
  ModSeq modseq = 0;
  {
    Query query(write.db,
                "UPDATE mailbox SET uid_next = uid_next + ?2, highest_modseq = highest_modseq + 1,"
                " messages = messages + ?2, unseen = unseen + ?3, deleted = deleted + ?4, size = size + ?5"
                " WHERE id = ?1 RETURNING uid_next - ?2, highest_modseq, uid_validity",
                mailbox, sum.messages, sum.unseen, sum.deleted, sum.size);
    if (!query.step()) throw StoreFault("the target of a copy is gone");
    uid = query.as<Uid>(0);
    modseq = query.as<ModSeq>(1);
    copied.uid_validity = query.as<std::uint32_t>(2);
  }
  for (const Row& row : rows) {
    Message message = row.message;
    message.saved = now;
    insert_message(write.db, mailbox, uid, modseq, message);
    copied.from.push_back(row.uid);
    copied.to.push_back(uid++);
  }
  write.changed(mailbox, modseq);
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
  const Sum sum(rows);
  ModSeq modseq = 0;
  {
    Query query(write.db,
                "UPDATE mailbox SET highest_modseq = highest_modseq + 1, messages = messages - ?2,"
                " unseen = unseen - ?3, deleted = deleted - ?4, size = size - ?5 WHERE id = ?1"
                " RETURNING highest_modseq",
                mailbox, sum.messages, sum.unseen, sum.deleted, sum.size);
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

/// Where a message that comes in is put.
struct Place {
  MailboxId mailbox{};
  Uid uid = 0;
  ModSeq modseq = 0;
  std::uint32_t uid_validity = 0;
  AccountId account{};
};

/// Makes room for one message in a mailbox. `query` updates the mailbox and gives back the columns; nothing:
/// the mailbox is gone.
std::optional<Place> make_place(Query&& query) {
  if (!query.step()) return std::nullopt;
  return Place{query.as<MailboxId>(0), query.as<Uid>(1), query.as<ModSeq>(2), query.as<std::uint32_t>(3),
               query.as<AccountId>(4)};
}

std::optional<Place> place_in_inbox(Connection& db, AccountId account, std::uint64_t size) {
  return make_place(Query(db,
                          "UPDATE mailbox SET uid_next = uid_next + 1, highest_modseq = highest_modseq + 1,"
                          " messages = messages + 1, unseen = unseen + 1, size = size + ?2"
                          " WHERE account = ?1 AND name = 'INBOX'"
                          " RETURNING id, uid_next - 1, highest_modseq, uid_validity, account",
                          account, size));
}

std::optional<Place> place_in(Connection& db, MailboxId mailbox, std::uint64_t size, Flags flags) {
  const bool unseen = (flags.bits & Flags::seen) == 0;
  const bool deleted = (flags.bits & Flags::deleted) != 0;
  return make_place(Query(db,
                          "UPDATE mailbox SET uid_next = uid_next + 1, highest_modseq = highest_modseq + 1,"
                          " messages = messages + 1, unseen = unseen + ?3, deleted = deleted + ?4,"
                          " size = size + ?2 WHERE id = ?1"
                          " RETURNING id, uid_next - 1, highest_modseq, uid_validity, account",
                          mailbox, size, unseen, deleted));
}

/// The reference to the content is counted by the caller.
void put(Write& write, const Place& place, const MessageFacts& facts, Message message) {
  message.sent_date = facts.sent_date;
  message.thread = join_thread(write.db, place.account, facts);
  insert_message(write.db, place.mailbox, place.uid, place.modseq, message);
  write.changed(place.mailbox, place.modseq);
}

std::uint64_t size_of(Connection& db, std::optional<ContentId> staged, std::string_view rest) {
  return (staged ? staged_size(db, *staged) : 0) + rest.size();
}

}  // namespace

std::size_t deliver(Write& write, const std::vector<AccountId>& accounts, std::optional<ContentId> staged,
                    std::string_view rest, const MessageFacts& facts, WallTime now) {
  Message message;
  message.size = size_of(write.db, staged, rest);
  message.internal_date = now;
  message.saved = now;
  std::vector<Place> places;
  for (const AccountId account : accounts)
    if (const auto place = place_in_inbox(write.db, account, message.size)) places.push_back(*place);
  if (places.empty()) return 0;
  message.content = keep(write.db, staged, rest, facts);
  for (const Place& place : places) put(write, place, facts, message);
  share(write.db, message.content, places.size() - 1);
  return places.size();
}

namespace {

std::optional<Place> append(Write& write, MailboxId mailbox, const NewMessage& added, WallTime now) {
  Spool& spool = *added.spool;
  Message message;
  message.size = size_of(write.db, spool.staged(), spool.held());
  message.flags = added.flags;
  message.internal_date = added.internal_date;
  message.saved = now;
  const auto place = place_in(write.db, mailbox, message.size, message.flags);
  if (!place) return std::nullopt;
  if (spool.is_settled()) {
    message.content = *spool.staged();
    adopt(write.db, message.content);
  } else {
    message.content = keep(write.db, spool.staged(), spool.held(), added.facts);
  }
  put(write, *place, added.facts, message);
  return place;
}

}  // namespace

std::optional<Appended> append_all(Write& write, MailboxId mailbox, const std::vector<NewMessage>& messages,
                                   WallTime now) {
  std::optional<Appended> appended;
  for (const NewMessage& message : messages) {
    const auto place = append(write, mailbox, message, now);
    if (!place) return std::nullopt;
    if (appended) continue;
    appended.emplace();
    appended->uid = place->uid;
    appended->uid_validity = place->uid_validity;
  }
  return appended;
}

Progress copy(Write& write, MailboxId from, const UidSet& uids, MailboxId to, WallTime now, Slice& slice,
              Copied& copied) {
  Progress progress;
  if (!exists(write.db, from)) return progress;
  const auto rows = read_rows(write.db, from, uids, Flags(), slice, progress);
  if (rows.empty()) return progress;
  insert_rows(write, to, rows, now, copied);
  for (const Row& row : rows) share(write.db, row.message.content, 1);
  return progress;
}

Progress move(Write& write, MailboxId from, const UidSet& uids, MailboxId to, WallTime now, Slice& slice,
              Copied& copied) {
  Progress progress;
  if (!exists(write.db, from)) return progress;
  const auto rows = read_rows(write.db, from, uids, Flags(), slice, progress);
  if (rows.empty()) return progress;
  insert_rows(write, to, rows, now, copied);
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
