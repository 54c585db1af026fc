// Disks that get full or stop to sync: a clear answer, nothing lost, and the store goes on as far as it can.
#include <gtest/gtest.h>

#include "storage/sqlite/accounts.h"
#include "storage/sqlite/store.h"
#include "tests/sim/sim_disk.h"
#include "tests/support/await.h"

namespace postroom::testing {
namespace {

constexpr const char* kFile = "mail.db";

class FailingDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    {
      sqlite::Connection::Settings settings;
      settings.vfs = disk.vfs_name();
      sqlite::Connection db = sqlite::open_database(kFile, settings);
      sqlite::add_domain(db, "example.org");
      sqlite::add_user(db, "alice@example.org", Verifier(), {}, WallTime{});
      alice = sqlite::find_user(db, "alice@example.org")->id;
    }
    open();
  }
  void TearDown() override { close(); }

  void open() {
    SqliteOptions options;
    options.vfs = disk.vfs_name();
    options.keep_expunged = std::chrono::seconds(0);
    store = SqliteStore::open(runtime, kFile, options);
    store->start();
  }
  void close() {
    runtime.spawn(store->close());
    EXPECT_TRUE(runtime.run());
    store.reset();
  }

  Task<> deliver(std::string body, std::optional<std::string>& answer) {
    try {
      Spool spool(*store);
      co_await spool.append(body);
      const std::vector<AccountId> accounts(1, alice);
      const Delivered delivered = co_await store->deliver(accounts, spool, MessageFacts(), kNever);
      answer = delivered.accounts == 1 ? "delivered" : "not delivered";
    } catch (const StoreFull&) {
      answer = "full";
    } catch (const StoreFault&) {
      answer = "fault";
    }
  }
  std::string deliver(const std::string& body) {
    std::optional<std::string> answer;
    runtime.spawn(deliver(body, answer));
    runtime.settle();
    return answer.value_or("waits");
  }
  std::uint64_t messages() { return await(runtime, store->status(alice, "INBOX"))->messages; }
  void make_room() { disk.capacity = ~std::uint64_t{0}; }

  SimDisk disk;
  SimRuntime runtime;
  std::unique_ptr<SqliteStore> store;
  AccountId alice{};
};

TEST_F(FailingDisk, ThatIsFullIsToldAndOutlived) {
  EXPECT_EQ("delivered", deliver("one"));
  disk.capacity = disk.used();
  EXPECT_EQ("full", deliver(std::string(100000, 'x')));
  EXPECT_EQ(1u, messages()) << "what is there can be read";
  make_room();
  EXPECT_EQ("delivered", deliver("two"));
  EXPECT_EQ(2u, messages());
}

TEST_F(FailingDisk, ThatIsFullIsToldWhileAMessageComesIn) {
  disk.capacity = disk.used() + (5 << 20);
  EXPECT_EQ("full", deliver(std::string(20 << 20, 'x')));
  make_room();
  EXPECT_EQ("delivered", deliver("one"));
  runtime.advance(std::chrono::minutes(1));
  close();
  sqlite::Connection::Settings settings;
  settings.vfs = disk.vfs_name();
  {
    sqlite::Connection db = sqlite::open_database(kFile, settings);
    EXPECT_EQ(1, db.ask("SELECT count(*) FROM chunk")) << "what had been staged is gone";
  }
  open();
}

// What cannot be removed for want of room is tried again, but not all the time.
TEST_F(FailingDisk, ThatHasNoRoomAtAllIsWaitedFor) {
  {
    Spool spool(*store);
    await(runtime, spool.append(std::string(2 * Spool::kHeld, 'x')));
    disk.capacity = 0;
  }
  runtime.advance(std::chrono::minutes(1));
  make_room();
  runtime.advance(std::chrono::seconds(10));
  close();
  {
    sqlite::Connection::Settings settings;
    settings.vfs = disk.vfs_name();
    sqlite::Connection db = sqlite::open_database(kFile, settings);
    EXPECT_EQ(0, db.ask("SELECT count(*) FROM chunk"));
  }
  open();
}

TEST_F(FailingDisk, ThatIsFullLetsMailBeReadAsRecent) {
  deliver("one");
  disk.capacity = disk.used();
  const auto snapshot = await(runtime, store->open(alice, "INBOX", true));
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(1u, snapshot->status.first_recent);
  make_room();
}

TEST_F(FailingDisk, ThatDoesNotSyncEndsAllWriting) {
  EXPECT_EQ("delivered", deliver("one"));
  disk.fail_next_sync = true;
  EXPECT_EQ("fault", deliver("two"));
  EXPECT_EQ("fault", deliver("three")) << "a later sync would prove nothing";
  EXPECT_GE(messages(), 1u) << "what is there can be read";
  EXPECT_THROW(await(runtime, store->create_mailbox(alice, "x", SpecialUse::none)), StoreFault);
  close();
  open();
  EXPECT_GE(messages(), 1u);
  EXPECT_EQ("delivered", deliver("four"));
}

TEST_F(FailingDisk, ThatDoesNotSyncFailsAllThatWait) {
  std::vector<std::optional<std::string>> answers(6);
  disk.fail_next_sync = true;
  for (auto& answer : answers) runtime.spawn(deliver("x", answer));
  runtime.settle();
  for (const auto& answer : answers) EXPECT_EQ("fault", answer);
}

TEST_F(FailingDisk, ThatDoesNotSyncAtACheckpointEndsAllWriting) {
  const std::string large(200000, 'x');
  int checkpoints = 0;
  for (int i = 0; i < 40 && checkpoints == 0; ++i) {
    // Of the syncs after a commit's, the first is a checkpoint's.
    int syncs = 0;
    disk.before = [&](SimDisk::Moment moment) {
      if (moment == SimDisk::Moment::sync && ++syncs == 2) {
        ++checkpoints;
        disk.fail_next_sync = true;
      }
    };
    EXPECT_EQ("delivered", deliver(large));
  }
  disk.before = nullptr;
  EXPECT_EQ(1, checkpoints);
  EXPECT_EQ("fault", deliver("one more"));
}

TEST_F(FailingDisk, SyncsOnceForManyDeliveries) {
  std::vector<std::optional<std::string>> answers(50);
  int syncs = 0;
  disk.before = [&](SimDisk::Moment moment) { syncs += moment == SimDisk::Moment::sync; };
  for (auto& answer : answers) runtime.spawn(deliver("x", answer));
  runtime.settle();
  disk.before = nullptr;
  for (const auto& answer : answers) EXPECT_EQ("delivered", answer);
  EXPECT_LE(syncs, 2) << "the first has one of its own";
}

TEST_F(FailingDisk, IsNotFilledByAWalThatNeverEnds) {
  std::size_t largest = 0;
  for (int i = 0; i < 400; ++i) {
    EXPECT_EQ("delivered", deliver(std::string(50000, 'x')));
    largest = std::max(largest, disk.files.at("mail.db-wal")->current.size());
  }
  EXPECT_LT(largest, 8u << 20);
  EXPECT_GT(disk.used(), 20u << 20);
}

}  // namespace
}  // namespace postroom::testing
