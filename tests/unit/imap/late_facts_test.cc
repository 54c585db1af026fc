// Messages that came before previews and sort keys were kept get them when they are asked for.
#include "protocols/imap/late_facts.h"

#include <gtest/gtest.h>

#include "protocols/mime/facts.h"
#include "tests/support/session_world.h"

namespace postroom::imap {
namespace {

class OldStore : public postroom::testing::FakeStore {
 public:
  Task<> add_facts(std::vector<LateFacts> late) override {
    if (full) throw StoreFull("no room");
    for (LateFacts& one : late) added.push_back(std::move(one));
    co_return;
  }

  bool full = false;
  std::vector<LateFacts> added;
};

class LateFactsTest : public ::testing::Test {
 protected:
  LateFactsTest() { store.add_account("alice@example.org"); }

  /// What complete_facts() makes of all messages; those named in `known` have their facts.
  std::vector<MessageRow> complete(std::uint32_t want, Uid known = 0) {
    Session session(world.connection(), service, options);
    std::vector<MessageRow> rows;
    world.runtime.spawn(run(session, rows, want, known));
    EXPECT_TRUE(world.runtime.run());
    return rows;
  }

  postroom::testing::SessionWorld world;
  OldStore store;

 private:
  static Task<> run(Session& session, std::vector<MessageRow>& rows, std::uint32_t want, Uid known) {
    constexpr Uid kLast = 1'000'000;
    for (;;) {
      const Uid next = rows.empty() ? 1 : rows.back().uid + 1;
      const MailboxId inbox{1};
      std::vector<MessageRow> some = co_await session.store().fetch(inbox, UidSet(next, kLast), want);
      if (some.empty()) break;
      for (MessageRow& row : some) rows.push_back(std::move(row));
    }
    for (MessageRow& row : rows) {
      if (row.uid != known) continue;
      row.preview = "known";
      row.sort_keys = "known";
    }
    co_await complete_facts(session, rows, want);
  }

  Authenticator authenticator_{world.runtime, store, std::string(32, 'k')};
  Service service{world.runtime, store, authenticator_, world.gate, nullptr, "mail.example.org", false};
  Options options;
};

TEST_F(LateFactsTest, AreComputedAndKept) {
  const std::string message = "Subject: x\r\n\r\nHello";
  store.add_message("alice@example.org", message);
  store.add_message("alice@example.org", "Subject: y\r\n\r\nsecond");
  const auto rows = complete(Want::preview | Want::sort_keys, 2);
  EXPECT_EQ(rows[0].preview, "Hello");
  EXPECT_EQ(rows[0].sort_keys, mime::facts_of(message).sort_keys);
  EXPECT_EQ(rows[1].preview, "known");
  ASSERT_EQ(store.added.size(), 1u);
  EXPECT_EQ(store.added[0].content, rows[0].content);
  EXPECT_EQ(store.added[0].facts.preview, "Hello");
}

TEST_F(LateFactsTest, AreNotComputedForNobody) {
  store.add_message("alice@example.org", "Subject: x\r\n\r\nHello");
  const auto rows = complete(Want::flags | Want::envelope);
  EXPECT_EQ(rows[0].preview, std::nullopt);
  EXPECT_TRUE(store.added.empty());
}

TEST_F(LateFactsTest, OfLargeMessagesAndOfMany) {
  store.add_message("alice@example.org", "\r\n" + std::string(3 << 20, 'x'));
  for (int i = 0; i < 150; ++i) store.add_message("alice@example.org", "\r\n" + std::to_string(i));
  const auto rows = complete(Want::preview);
  EXPECT_EQ(rows[0].preview, std::string(200, 'x'));
  EXPECT_EQ(rows[150].preview, "149");
  EXPECT_EQ(store.added.size(), 151u);
}

TEST_F(LateFactsTest, AreGivenAlsoWhenTheyCannotBeKept) {
  store.add_message("alice@example.org", "\r\nHello");
  store.full = true;
  EXPECT_EQ(complete(Want::preview)[0].preview, "Hello");
}

}  // namespace
}  // namespace postroom::imap
