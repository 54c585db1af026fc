// The text index and SEARCH: whatever is found by reading messages is among the candidates, before messages
// are indexed, while they are, and when some have gone; and once they are indexed little else is.
#include <gtest/gtest.h>
#include <map>

#include "protocols/imap/query.h"
#include "protocols/mime/facts.h"
#include "storage/sqlite/accounts.h"
#include "storage/sqlite/schema.h"
#include "storage/sqlite/store.h"
#include "tests/search/random_mail.h"
#include "tests/support/await.h"
#include "tests/support/temporary_folder.h"

namespace postroom::imap {
namespace {

using postroom::testing::await;
using postroom::testing::random_mail;
using postroom::testing::random_query;

class IndexTest : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  IndexTest() : runtime_(GetParam()), dice_(GetParam()) {
    {
      sqlite::Connection db = sqlite::open_database(file_);
      sqlite::add_domain(db, "example.org");
      sqlite::add_user(db, "alice@example.org", {}, {}, WallTime{});
      account_ = sqlite::find_user(db, "alice@example.org")->id;
    }
    SqliteOptions options;
    options.durable = false;
    options.slice_rows = 5;
    options.keep_expunged = std::chrono::seconds(0);
    options.terms = &terms_;
    store_ = SqliteStore::open(runtime_, file_, options);
    store_->start();
  }
  ~IndexTest() override {
    runtime_.spawn(store_->close());
    runtime_.run();
  }

  MailboxId mailbox(const char* name) { return await(runtime_, store_->status(account_, name))->id; }

  void add(int count) {
    const MailboxId box = mailbox("INBOX");
    for (int i = 0; i < count; ++i) {
      const std::string mail = random_mail(dice_);
      Spool spool(*store_);
      await(runtime_, spool.append(mail));
      await(runtime_, store_->append(box, spool, mime::facts_of(mail), Flags(), WallTime{}));
    }
  }

  std::vector<MessageRow> rows(MailboxId box) {
    std::vector<MessageRow> all;
    for (UidSet left(1, ~Uid{0});;) {
      std::vector<MessageRow> some = await(runtime_, store_->fetch(box, left, Want::parts));
      if (some.empty()) return all;
      left = left.after(some.back().uid);
      for (MessageRow& row : some) all.push_back(std::move(row));
    }
  }

  const std::string& bytes(const MessageRow& row) {
    std::string& all = bytes_[row.content];
    while (all.size() < row.size) all += await(runtime_, store_->read(row.content, all.size(), 1 << 20));
    return all;
  }

  bool matches(Query& query, const MessageRow& row) {
    query.begin(row);
    const auto parts = mime::PartIndex::parse(row.parts);
    MessageScan scan(query, *parts);
    while (const auto wanted = scan.wanted())
      scan.feed(
          std::string_view(bytes(row)).substr(wanted->offset, std::min<std::uint64_t>(wanted->size, 3000)));
    return query.verdict() == Truth::yes;
  }

  /// Asks `count` questions; how many candidates there were that do not match.
  std::size_t compare(MailboxId box, int count) {
    const std::vector<MessageRow> all = rows(box);
    MailboxSnapshot snapshot;
    for (const MessageRow& row : all) snapshot.uids.add(row.uid);
    Signal signal(runtime_);
    const View view(hub_, snapshot, signal, false);
    std::size_t wrong = 0;
    for (int i = 0; i < count; ++i) {
      const std::string text = random_query(dice_);
      Cursor in(text);
      SearchCriteria criteria = parse_search(in);
      in.end();
      EXPECT_FALSE(in.error()) << text;
      SearchContext context{view, {}};
      Query query(std::move(criteria.root), context);
      const UidSet candidates = await(runtime_, store_->candidates(box, snapshot.uids, query.terms()));
      for (const MessageRow& row : all) {
        const bool found = matches(query, row);
        const bool candidate = candidates.contains(row.uid);
        EXPECT_TRUE(candidate || !found) << text << "\n" << bytes(row).substr(0, 3000);
        if (found) ++found_;
        if (candidate && !found) ++wrong;
      }
    }
    return wrong;
  }

  std::int64_t ask(const char* sql) {
    sqlite::Connection::Settings settings;
    settings.read_only = true;
    return sqlite::Connection(file_, settings).ask(sql);
  }

  const TextTerms terms_;
  postroom::testing::TemporaryFolder folder_;
  const std::filesystem::path file_ = folder_.path() / "postroom.db";
  postroom::testing::SimRuntime runtime_;
  ChangeHub hub_;
  std::mt19937_64 dice_;
  std::unique_ptr<SqliteStore> store_;
  AccountId account_{};
  std::map<ContentId, std::string> bytes_;
  std::size_t found_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Seeds, IndexTest, ::testing::Values(1, 2, 3));

TEST_P(IndexTest, RulesOutNothingThatIsThere) {
  constexpr int kQueries = 40;
  const MailboxId inbox = mailbox("INBOX");
  const MailboxId archive = mailbox("Archive");
  add(60);
  const std::size_t unindexed = compare(inbox, kQueries);
  runtime_.advance(std::chrono::seconds(6));
  EXPECT_GT(ask("SELECT entries FROM text_index_state"), 0);
  const std::size_t indexed = compare(inbox, kQueries);
  EXPECT_LT(indexed, unindexed / 2);
  add(30);
  compare(inbox, kQueries);
  UidSet some;
  for (Uid uid = 1; uid <= 90; ++uid)
    if (dice_() % 2 == 0) some.add(uid);
  await(runtime_, store_->copy(inbox, some, archive));
  UidSet others;
  for (Uid uid = 1; uid <= 90; ++uid)
    if (dice_() % 2 == 0) others.add(uid);
  await(runtime_, store_->expunge(inbox, others, false));
  compare(inbox, kQueries);
  compare(archive, kQueries);
  runtime_.advance(std::chrono::minutes(1));
  compare(inbox, kQueries);
  compare(archive, kQueries);
  EXPECT_GT(found_, 0u);
}

// What makes an entry and what deletes it are the same.
TEST_P(IndexTest, IsEmptyWhenAllHasGone) {
  add(40);
  runtime_.advance(std::chrono::minutes(1));
  EXPECT_EQ(ask("SELECT count(*) FROM text_index WHERE text_index MATCH 'h*'"),
            ask("SELECT entries FROM text_index_state"));
  await(runtime_, store_->expunge(mailbox("INBOX"), UidSet(1, 40), false));
  runtime_.advance(std::chrono::minutes(1));
  EXPECT_EQ(ask("SELECT count(*) FROM content"), 0);
  EXPECT_EQ(ask("SELECT entries + dead FROM text_index_state"), 0);
  for (const char* term : {"'h*'", "'b*'", "'s*'", "'f*'"})
    EXPECT_EQ(ask((std::string("SELECT count(*) FROM text_index WHERE text_index MATCH ") + term).c_str()),
              0);
}

}  // namespace
}  // namespace postroom::imap
