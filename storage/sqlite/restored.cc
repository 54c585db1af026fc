// Databases out of backups: see restored.h.
#include "storage/sqlite/restored.h"

#include <algorithm>

#include "storage/sqlite/unix_time.h"

namespace postroom::sqlite {

namespace {

std::uint64_t count(Connection& db, const char* sql) { return static_cast<std::uint64_t>(db.ask(sql)); }

std::string first_text(Query&& query) { return query.step() ? query.text(0) : std::string(); }

}  // namespace

std::string find_damage(Connection& db, Thorough how) {
  std::string answer = how == Thorough::full ? first_text(Query(db, "PRAGMA integrity_check(1)"))
                                             : first_text(Query(db, "PRAGMA quick_check(1)"));
  if (answer != "ok") return answer;
  if (count(db,
            "SELECT count(*) FROM message WHERE NOT EXISTS(SELECT 1 FROM content WHERE id = message.content)"
            " AND mailbox IN (SELECT id FROM mailbox)") > 0)
    return "messages have lost their content";
  if (count(db,
            "SELECT count(*) FROM queued WHERE NOT EXISTS(SELECT 1 FROM content WHERE id = queued.content)") >
      0)
    return "mail in the queue has lost its content";
  return "";
}

RestoredCounts count_restored(Connection& db) {
  RestoredCounts counts;
  counts.accounts = count(db, "SELECT count(*) FROM account");
  counts.mailboxes = count(db, "SELECT count(*) FROM mailbox");
  counts.messages = count(db, "SELECT coalesce(sum(messages), 0) FROM mailbox");
  counts.queued = count(db, "SELECT count(*) FROM queued");
  return counts;
}

void leave_numbers_out(Connection& db, WallTime taken, WallTime now) {
  const std::int64_t age = std::max<std::int64_t>(0, seconds(now) - seconds(taken));
  const std::int64_t uids = kUidsLeftOut + age * kUidsLeftOutPerSecond;
  const std::int64_t others = kUidsLeftOut + age * 1000;
  Transaction transaction(db, Transaction::Kind::write);
  // A mailbox whose UIDs come to their end goes half of the way that is left.
  execute(db,
          "INSERT INTO expunged(mailbox, modseq, first, last)"
          " SELECT id, highest_modseq + ?2, uid_next, uid_next + min(?1, (4294967295 - uid_next) / 2) - 1"
          " FROM mailbox WHERE uid_next < 4294967290",
          uids, others);
  execute(db,
          "UPDATE mailbox SET highest_modseq = highest_modseq + ?2,"
          " uid_next = uid_next + CASE WHEN uid_next < 4294967290 THEN min(?1, (4294967295 - uid_next) / 2)"
          " ELSE 0 END",
          uids, others);
  execute(db,
          "UPDATE message SET modseq = (SELECT highest_modseq FROM mailbox WHERE id = message.mailbox)"
          " WHERE mailbox IN (SELECT id FROM mailbox)");
  execute(db, "UPDATE uid_validity SET last = max(last, ?1) + 100000", seconds(now));
  execute(db, "UPDATE sqlite_sequence SET seq = seq + ?", others);
  execute(db,
          "INSERT INTO sqlite_sequence(name, seq) SELECT name, ?1 FROM sqlite_schema WHERE type = 'table'"
          " AND sql LIKE '%AUTOINCREMENT%' AND name NOT IN (SELECT name FROM sqlite_sequence)",
          others);
  transaction.commit();
}

}  // namespace postroom::sqlite
