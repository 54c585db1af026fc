// A database out of a backup, made fit to be served.
#include "storage/sqlite/restored.h"

#include <gtest/gtest.h>

#include "storage/sqlite/accounts.h"
#include "tests/support/temporary_folder.h"

namespace postroom::sqlite {
namespace {

class RestoredTest : public ::testing::Test {
 protected:
  void SetUp() override {
    add_domain(db_, "example.org");
    ASSERT_EQ(add_user(db_, "alice@example.org", Verifier(), {}, kNow), UserAdded::yes);
    execute(db_,
            "INSERT INTO content(id, envelope, body, parts, body_structure) VALUES(7, x'', x'', x'', x'')");
    execute(db_,
            "INSERT INTO message(mailbox, uid, flags, modseq, added, content, internal_date, size, sent_date)"
            " SELECT id, 3, 5, 4, 4, 7, 0, 0, 0 FROM mailbox WHERE name = 'INBOX'");
    execute(db_, "UPDATE mailbox SET uid_next = 9, highest_modseq = 12, messages = 1 WHERE name = 'INBOX'");
  }

  static constexpr WallTime kNow{std::chrono::seconds(1'795'000'000)};
  const postroom::testing::TemporaryFolder folder_;
  Connection db_ = open_database(folder_.path() / "a.db");
};

TEST_F(RestoredTest, NumbersGoOnBehindAllThatAnybodyMayKnow) {
  const std::int64_t validity = db_.ask("SELECT last FROM uid_validity");
  const std::int64_t mailbox = db_.ask("SELECT max(id) FROM mailbox");
  leave_numbers_out(db_, kNow, kNow);
  EXPECT_EQ(db_.ask("SELECT uid_next FROM mailbox WHERE name = 'INBOX'"), 1'000'009);
  EXPECT_EQ(db_.ask("SELECT highest_modseq FROM mailbox WHERE name = 'INBOX'"), 1'000'012);
  EXPECT_EQ(db_.ask("SELECT modseq FROM message"), 1'000'012);
  EXPECT_EQ(db_.ask("SELECT uid * 1000 + flags FROM message"), 3005);
  EXPECT_EQ(db_.ask("SELECT first FROM expunged WHERE modseq = 1000012"), 9);
  EXPECT_EQ(db_.ask("SELECT last FROM expunged WHERE modseq = 1000012"), 1'000'008);
  EXPECT_GT(db_.ask("SELECT last FROM uid_validity"), std::max(validity, kNow.time_since_epoch().count()));
  execute(db_, "INSERT INTO content(envelope, body, parts, body_structure) VALUES(x'', x'', x'', x'')");
  EXPECT_EQ(db_.ask("SELECT max(id) FROM content"), 1'000'008);
  ASSERT_EQ(add_user(db_, "bob@example.org", Verifier(), {}, kNow), UserAdded::yes);
  EXPECT_GT(db_.ask("SELECT max(id) FROM mailbox"), mailbox + 1'000'000);
  execute(db_, "INSERT INTO list(address, domain, anyone, owner) VALUES('l@example.org', 1, 0, '')");
  EXPECT_GT(db_.ask("SELECT id FROM list"), 1'000'000) << "there was none before";
}

// What came after the first restore is lost, too.
TEST_F(RestoredTest, NumbersGoFurtherWhenTheSameBackupIsRestoredOnceMore) {
  const auto after = [](std::int64_t hours) { return kNow + std::chrono::hours(hours); };
  leave_numbers_out(db_, kNow, after(24));
  EXPECT_EQ(db_.ask("SELECT uid_next FROM mailbox WHERE name = 'INBOX'"), 9 + 1'000'000 + 864'000);
  EXPECT_EQ(db_.ask("SELECT highest_modseq FROM mailbox WHERE name = 'INBOX'"), 12 + 1'000'000 + 86'400'000);
  execute(db_, "UPDATE mailbox SET uid_next = 9 WHERE name = 'INBOX'");
  leave_numbers_out(db_, kNow, after(25));
  EXPECT_EQ(db_.ask("SELECT uid_next FROM mailbox WHERE name = 'INBOX'"), 9 + 1'000'000 + 900'000);
}

TEST_F(RestoredTest, AMailboxAtTheEndOfItsUidsStaysWithinThem) {
  for (const std::int64_t next : {4294967295, 4294967289, 4294967000}) {
    execute(db_, "UPDATE mailbox SET uid_next = ? WHERE name = 'INBOX'", next);
    leave_numbers_out(db_, kNow, kNow);
    EXPECT_GE(db_.ask("SELECT uid_next FROM mailbox WHERE name = 'INBOX'"), next);
  }
}

TEST_F(RestoredTest, DamageIsFound) {
  EXPECT_EQ(find_damage(db_, Thorough::full), "");
  EXPECT_EQ(count_restored(db_).messages, 1U);
  execute(db_, "DELETE FROM content");
  EXPECT_EQ(find_damage(db_, Thorough::quick), "messages have lost their content");
}

}  // namespace
}  // namespace postroom::sqlite
