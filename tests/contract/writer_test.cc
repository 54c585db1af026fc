// What many at a time mean to the store.
#include "tests/contract/contract.h"

namespace postroom::testing {
namespace {

class Crowd : public Contract {
 protected:
  Task<> deliver_some(AccountId to, int count, std::size_t size, int& finished) {
    for (int i = 0; i < count; ++i) {
      Spool spool(store());
      const std::string body(size, 'x');
      co_await spool.append(body);
      const std::vector<AccountId> accounts(1, to);
      co_await store().deliver(accounts, spool, MessageFacts(), kNever);
    }
    ++finished;
  }
  Task<> deliver_lost(Spool& lost, bool& failed) {
    const std::vector<AccountId> both{alice(), bob()};
    try {
      co_await store().deliver(both, lost, MessageFacts(), kNever);
    } catch (const StoreFault&) {
      failed = true;
    }
  }
  Task<> flag_all(MailboxId mailbox, int times, int& finished) {
    FlagChange change;
    for (int i = 0; i < times; ++i) {
      change.how = i % 2 == 0 ? FlagChange::How::add : FlagChange::How::remove;
      change.flags.bits = Flags::seen;
      co_await store().store_flags(mailbox, UidSet(1, 1000), change);
    }
    ++finished;
  }
};
POSTROOM_CONTRACT(Crowd);

TEST_P(Crowd, AllAreServed) {
  fill(inbox(alice()), 100);
  int finished = 0;
  for (int i = 0; i < 20; ++i)
    runtime().spawn(deliver_some(i % 2 == 0 ? alice() : bob(), 10, 3000, finished));
  runtime().spawn(flag_all(inbox(alice()), 5, finished));
  runtime().spawn(deliver_some(bob(), 2, 2 * Spool::kHeld + 1, finished));
  eventually([&] { return finished == 22; });
  EXPECT_EQ(200u, status(alice()).messages);
  EXPECT_EQ(102u, status(bob()).messages);
  EXPECT_EQ(UidSet(1, 102), await(store().open(bob(), "INBOX", false))->uids);
}

TEST_P(Crowd, WaitsForRoomInTheQueue) {
  options.queue_limit = 10000;
  reopen();
  int finished = 0;
  for (int i = 0; i < 20; ++i) runtime().spawn(deliver_some(bob(), 5, 4000, finished));
  eventually([&] { return finished == 20; });
  EXPECT_EQ(100u, status(bob()).messages);
}

TEST_P(Crowd, AMessageLargerThanTheQueueGoesAlone) {
  options.queue_limit = 1000;
  reopen();
  int finished = 0;
  for (int i = 0; i < 3; ++i) runtime().spawn(deliver_some(bob(), 2, 50000, finished));
  eventually([&] { return finished == 3; });
  EXPECT_EQ(6u, status(bob()).messages);
}

// Several requests share a transaction; one that cannot be done fails alone.
TEST_P(Crowd, OneFailsAlone) {
  Spool lost(store());
  await(lost.append(std::string(Spool::kHeld, 'x')));
  store().abandon(*lost.staged());
  eventually([&] { return ask("SELECT count(*) FROM staged") == 0; });
  bool failed = false;
  int finished = 0;
  for (int i = 0; i < 10; ++i) {
    runtime().spawn(deliver_some(i % 2 == 0 ? alice() : bob(), 3, 100, finished));
    if (i == 4) runtime().spawn(deliver_lost(lost, failed));
  }
  eventually([&] { return finished == 10 && failed; });
  EXPECT_EQ(15u, status(alice()).messages);
  EXPECT_EQ(15u, status(bob()).messages);
  lost.delivered();
}

// Another process, the command line, has the database to itself for a while.
class Locked : public ::testing::Test {
 protected:
  Locked() {
    sqlite::add_domain(admin, "example.org");
    sqlite::add_user(admin, "alice@example.org", Verifier(), {}, WallTime{});
    alice = sqlite::find_user(admin, "alice@example.org")->id;
    SqliteOptions options;
    options.queue_limit = 10000;
    options.durable = false;
    store = SqliteStore::open(runtime, folder.path() / "mail.db", options);
  }
  ~Locked() override {
    runtime.spawn(store->close());
    runtime.run();
  }

  Task<> deliver(TimePoint deadline, std::optional<Delivered>& answer) {
    Spool spool(*store);
    const std::string body(8000, 'x');
    co_await spool.append(body);
    const std::vector<AccountId> accounts(1, alice);
    const Delivered delivered = co_await store->deliver(accounts, spool, MessageFacts(), deadline);
    answer = delivered;
  }

  Task<> subscribe(Store& to, int& failed) {
    try {
      co_await to.set_subscribed(alice, "Notes", true);
    } catch (const StoreFault&) {
      ++failed;
    }
  }

  TemporaryFolder folder;
  ThreadRuntime runtime;
  sqlite::Connection admin = sqlite::open_database(folder.path() / "mail.db");
  std::unique_ptr<SqliteStore> store;
  AccountId alice{};
};

TEST_F(Locked, PastTheDeadlineNothingIsStored) {
  std::optional<Delivered> first, second;
  {
    sqlite::Transaction lock(admin, sqlite::Transaction::Kind::write);
    runtime.spawn(deliver(kNever, first));
    runtime.spawn(deliver(runtime.now() + std::chrono::milliseconds(5), second));
    runtime.run_until([&] { return second.has_value(); });
    EXPECT_EQ(Delivered::Outcome::busy, second->outcome) << "there was no room in time";
    EXPECT_FALSE(first);
  }
  runtime.run_until([&] { return first.has_value(); });
  EXPECT_EQ(1u, first->accounts);
  sqlite::lookup(admin, "SELECT 1");
  EXPECT_EQ(1, admin.ask("SELECT count(*) FROM message"));
}

// A group that cannot begin fails as one: its requests don't wait one after another.
TEST_F(Locked, AllWhoWaitFailTogether) {
  constexpr std::chrono::milliseconds kPatience{200};
  constexpr int kMany = 20;
  SqliteOptions options;
  options.lock_patience = kPatience;
  const auto impatient = SqliteStore::open(runtime, folder.path() / "mail.db", options);
  const sqlite::Transaction lock(admin, sqlite::Transaction::Kind::write);
  const auto begun = std::chrono::steady_clock::now();
  int failed = 0;
  for (int i = 0; i < kMany; ++i) runtime.spawn(subscribe(*impatient, failed));
  runtime.run();
  EXPECT_EQ(kMany, failed);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, kPatience * kMany / 2);
  runtime.spawn(impatient->close());
  runtime.run();
}

TEST_F(Locked, ARemovedUserGetsNothingMore) {
  std::optional<Delivered> answer;
  sqlite::remove_user(admin, "alice@example.org");
  runtime.spawn(deliver(kNever, answer));
  runtime.run_until([&] { return answer.has_value(); });
  EXPECT_EQ(Delivered::Outcome::gone, answer->outcome);
}

TEST_F(Locked, UsersAreRemovedWhileMailComesIn) {
  for (int i = 0; i < 300; ++i) {
    std::optional<Delivered> answer;
    runtime.spawn(deliver(kNever, answer));
    runtime.run_until([&] { return answer.has_value(); });
  }
  bool removed = false;
  std::thread remover([&] {
    sqlite::Connection other = sqlite::open_database(folder.path() / "mail.db");
    EXPECT_EQ(sqlite::UserRemoved::yes, sqlite::remove_user(other, "alice@example.org"));
    removed = true;
  });
  std::optional<Delivered> answer(std::in_place);
  while (answer->outcome == Delivered::Outcome::yes) {
    answer.reset();
    runtime.spawn(deliver(kNever, answer));
    runtime.run_until([&] { return answer.has_value(); });
  }
  remover.join();
  EXPECT_TRUE(removed);
  for (const char* table : {"message", "content", "chunk", "mailbox", "doomed", "garbage"})
    EXPECT_EQ(0, admin.ask(("SELECT count(*) FROM " + std::string(table)).c_str())) << table;
}

}  // namespace
}  // namespace postroom::testing
