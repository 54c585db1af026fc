// What must be true of the database that a machine finds after a power cut.
#include <sqlite3.h>
#include <sstream>

#include "tests/sim/workload.h"

namespace postroom::testing {

namespace {

class Query {
 public:
  Query(sqlite3* db, const std::string& sql) {
    if (sqlite3_prepare_v2(db, sql.c_str(), -1, &statement_, nullptr) != SQLITE_OK)
      failed_ = sqlite3_errmsg(db);
  }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query() { sqlite3_finalize(statement_); }
  bool next() { return failed_.empty() && sqlite3_step(statement_) == SQLITE_ROW; }
  std::int64_t number(int column) { return sqlite3_column_int64(statement_, column); }
  std::string text(int column) {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    return bytes ? std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)))
                 : std::string();
  }
  const std::string& failed() const { return failed_; }

 private:
  sqlite3_stmt* statement_ = nullptr;
  std::string failed_;
};

struct Row {
  int number = 0;
  std::uint64_t flags = 0;
};
struct FoundMailbox {
  std::uint32_t uid_validity = 0;
  Uid uid_next = 0;
  ModSeq highest_modseq = 0;
  std::map<Uid, Row> messages;
};

/// Sums that have to agree; each query lists what does not.
constexpr const char* kInvariants[] = {
    "SELECT 'integrity', integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
    "SELECT 'counters of mailbox', id FROM mailbox WHERE"
    " messages <> (SELECT count(*) FROM message WHERE mailbox = mailbox.id)"
    " OR size <> (SELECT coalesce(sum(size), 0) FROM message WHERE mailbox = mailbox.id)"
    " OR unseen <> (SELECT count(*) FROM message WHERE mailbox = mailbox.id AND flags & 1 = 0)"
    " OR deleted <> (SELECT count(*) FROM message WHERE mailbox = mailbox.id AND flags & 8 > 0)",
    "SELECT 'uid_next of mailbox', mailbox FROM message JOIN mailbox ON mailbox.id = mailbox WHERE uid >= "
    "uid_next",
    "SELECT 'modseq above the highest of mailbox', mailbox FROM message JOIN mailbox ON mailbox.id = mailbox"
    " WHERE modseq > highest_modseq",
    "SELECT 'message without content', uid FROM message WHERE content NOT IN (SELECT id FROM content)",
    "SELECT 'references to content', content FROM (SELECT content, count(*) AS n FROM"
    " (SELECT content FROM message UNION ALL SELECT content FROM garbage UNION ALL SELECT content FROM "
    "unindexing)"
    " GROUP BY content) AS counted"
    " WHERE n <> coalesce((SELECT refs FROM shared WHERE shared.content = counted.content), 1)",
    "SELECT 'content nobody refers to', id FROM content WHERE id NOT IN"
    " (SELECT content FROM message UNION ALL SELECT content FROM garbage UNION ALL SELECT content FROM staged"
    " UNION ALL SELECT content FROM unindexing)",
    "SELECT 'entries of the text index', entries FROM text_index_state WHERE entries <>"
    " (SELECT count(*) FROM content WHERE id <= upto AND id NOT IN (SELECT content FROM unindexed))"
    " OR entries <> (SELECT count(*) FROM text_index WHERE text_index MATCH 'subject')",
    "SELECT 'size of message', uid FROM message WHERE size <>"
    " (SELECT sum(length(data)) FROM chunk WHERE chunk.id >> 20 = message.content)",
};

std::map<MailboxId, FoundMailbox> read_mailboxes(sqlite3* db, std::ostream& wrong) {
  std::map<MailboxId, FoundMailbox> found;
  Query mailboxes(db, "SELECT id, uid_validity, uid_next, highest_modseq FROM mailbox");
  if (!mailboxes.failed().empty()) wrong << mailboxes.failed() << '\n';
  while (mailboxes.next()) {
    FoundMailbox& mailbox = found[MailboxId{mailboxes.number(0)}];
    mailbox.uid_validity = static_cast<std::uint32_t>(mailboxes.number(1));
    mailbox.uid_next = static_cast<Uid>(mailboxes.number(2));
    mailbox.highest_modseq = static_cast<ModSeq>(mailboxes.number(3));
  }
  Query messages(
      db, "SELECT mailbox, uid, flags, content FROM message WHERE mailbox IN (SELECT id FROM mailbox)");
  while (messages.next()) {
    Query chunks(
        db, "SELECT data FROM chunk WHERE id >> 20 = " + std::to_string(messages.number(3)) + " ORDER BY id");
    std::string bytes;
    while (chunks.next()) bytes += chunks.text(0);
    const std::size_t prefix = std::string_view("Subject: message ").size();
    const int number = bytes.size() > prefix ? std::atoi(bytes.c_str() + prefix) : 0;
    if (bytes != message_text(number)) wrong << "message " << number << " has other bytes than were sent\n";
    found[MailboxId{messages.number(0)}].messages[static_cast<Uid>(messages.number(1))] =
        Row{number, static_cast<std::uint64_t>(messages.number(2))};
  }
  return found;
}

using Kind = UnderWay::Kind;

bool may_be_gone(const UnderWay& under_way, MailboxId mailbox, Uid uid) {
  return (under_way.kind == Kind::move || under_way.kind == Kind::expunge) && under_way.mailbox == mailbox &&
         under_way.uids.contains(uid);
}

class Judge {
 public:
  Judge(const std::vector<User>& users, std::map<MailboxId, FoundMailbox> found, std::ostream& wrong)
      : users_(users), found_(std::move(found)), wrong_(wrong) {}

  void everything() {
    for (const User& user : users_) {
      for (const auto& [id, known] : user.mailboxes) mailbox(user, id, known);
      delivery(user);
    }
  }

 private:
  std::ostream& wrong(MailboxId mailbox) {
    return wrong_ << "mailbox " << static_cast<std::int64_t>(mailbox) << ": ";
  }

  void mailbox(const User& user, MailboxId id, const KnownMailbox& known) {
    const auto found = found_.find(id);
    if (found == found_.end()) {
      if (user.under_way.kind != Kind::remove || user.under_way.mailbox != id) wrong(id) << "gone\n";
      return;
    }
    if (found->second.uid_validity != known.uid_validity) wrong(id) << "another UIDVALIDITY\n";
    if (found->second.highest_modseq < known.highest_modseq) wrong(id) << "the modseq went back\n";
    if (!known.used.empty() && found->second.uid_next <= *known.used.rbegin())
      wrong(id) << "would use a UID again\n";
    for (const auto& [uid, message] : known.messages) acknowledged(user, id, found->second, uid, message);
    std::map<int, int> new_numbers;
    for (const auto& [uid, row] : found->second.messages) {
      if (known.messages.contains(uid)) continue;
      if (known.used.contains(uid)) wrong(id) << "removed UID " << uid << " is back\n";
      if (!known.unplaced.contains(row.number) && !may_be_new(user, id, row.number))
        wrong(id) << "message " << row.number << " came from nowhere\n";
      ++new_numbers[row.number];
    }
    for (const int number : known.unplaced)
      if (new_numbers[number] == 0)
        wrong(id) << "delivered message " << number << " is lost\n";
      else if (new_numbers[number] > 1 && user.under_way.kind != Kind::copy)
        wrong(id) << "message " << number << " twice\n";
  }

  void acknowledged(const User& user, MailboxId id, const FoundMailbox& mailbox, Uid uid,
                    const Message& message) {
    const auto row = mailbox.messages.find(uid);
    if (row == mailbox.messages.end()) {
      if (!may_be_gone(user.under_way, id, uid)) wrong(id) << "UID " << uid << " is lost\n";
      return;
    }
    if (row->second.number != message.number) wrong(id) << "UID " << uid << " is another message\n";
    const UnderWay& under_way = user.under_way;
    const bool flags_may_change =
        under_way.kind == Kind::flags && under_way.mailbox == id && under_way.uids.contains(uid);
    if (row->second.flags != message.flags && !(flags_may_change && row->second.flags == under_way.flags))
      wrong(id) << "UID " << uid << " has flags " << row->second.flags << ", not " << message.flags << '\n';
  }

  bool may_be_new(const User& user, MailboxId id, int number) const {
    const UnderWay& own = user.under_way;
    if (own.kind == Kind::append && own.mailbox == id && own.number == number) return true;
    if ((own.kind == Kind::copy || own.kind == Kind::move) && own.target == id) return true;
    for (const User& other : users_)
      if (other.under_way.kind == Kind::deliver && other.under_way.number == number) return true;
    return false;
  }

  /// One message for several users is delivered to all of them or to none.
  void delivery(const User& sender) {
    if (sender.under_way.kind != Kind::deliver) return;
    std::set<bool> outcomes;
    for (const int who : sender.under_way.recipients) {
      const User& user = users_[static_cast<std::size_t>(who)];
      if (user.seen_numbers.contains(sender.under_way.number)) continue;
      bool there = false;
      for (const auto& [uid, row] : found_[user.inbox].messages)
        there = there || row.number == sender.under_way.number;
      outcomes.insert(there);
    }
    if (outcomes.size() > 1)
      wrong_ << "message " << sender.under_way.number << " was delivered to some of its recipients\n";
  }

  const std::vector<User>& users_;
  std::map<MailboxId, FoundMailbox> found_;
  std::ostream& wrong_;
};

}  // namespace

std::string Workload::judge(const SimDisk& found) const {
  std::ostringstream wrong;
  sqlite3* db = nullptr;
  if (sqlite3_open_v2(kFile, &db, SQLITE_OPEN_READWRITE, found.vfs_name().c_str()) != SQLITE_OK) {
    wrong << "cannot open: " << sqlite3_errmsg(db) << '\n';
  } else {
    for (const char* invariant : kInvariants) {
      Query query(db, invariant);
      if (!query.failed().empty()) wrong << query.failed() << '\n';
      while (query.next()) wrong << query.text(0) << ' ' << query.text(1) << '\n';
    }
    Judge(users_, read_mailboxes(db, wrong), wrong).everything();
  }
  sqlite3_close(db);
  return wrong.str();
}

}  // namespace postroom::testing
