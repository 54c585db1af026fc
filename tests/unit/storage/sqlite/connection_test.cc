// Statements, transactions, and how errors are told.
#include "storage/sqlite/connection.h"

#include <fstream>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"

namespace postroom::sqlite {
namespace {

class ConnectionTest : public ::testing::Test {
 protected:
  void SetUp() override { db.run_script("CREATE TABLE t(i INTEGER PRIMARY KEY, v)"); }
  postroom::testing::TemporaryFolder folder;
  std::filesystem::path file = folder.path() / "test.db";
  Connection db{file, Connection::Settings()};
};

TEST_F(ConnectionTest, BindsWhatItIsGiven) {
  const std::string bytes("a\0b", 3);
  execute(db, "INSERT INTO t VALUES(?, ?)", 1, bytes);
  execute(db, "INSERT INTO t VALUES(?, ?)", 2, Blob{bytes});
  execute(db, "INSERT INTO t VALUES(?, ?)", 3, std::string("moved"));
  execute(db, "INSERT INTO t VALUES(?, ?)", 4, std::string_view());
  execute(db, "INSERT INTO t VALUES(?, ?)", 5, Blob{});
  execute(db, "INSERT INTO t VALUES(?, ?)", 6, std::int64_t{1} << 62);
  Query all(db, "SELECT v, typeof(v) FROM t ORDER BY i");
  const std::pair<std::string, std::string> expected[] = {
      {bytes, "text"}, {bytes, "blob"}, {"moved", "text"},
      {"", "text"},    {"", "blob"},    {"4611686018427387904", "integer"}};
  for (const auto& [value, type] : expected) {
    ASSERT_TRUE(all.step());
    EXPECT_EQ(type, all.bytes(1));
    if (type != "integer") {
      EXPECT_EQ(value, all.text(0));
    }
  }
  EXPECT_FALSE(all.step());
}

TEST_F(ConnectionTest, DamageIsToldFromOtherFaults) {
  const std::filesystem::path damaged = folder.path() / "damaged.db";
  std::ofstream(damaged) << std::string(5000, 'x');
  EXPECT_THROW(Connection(damaged, Connection::Settings()).ask("SELECT count(*) FROM t"), StoreCorrupt);
}

TEST_F(ConnectionTest, NullIsNothing) {
  execute(db, "INSERT INTO t VALUES(1, NULL)");
  Query query(db, "SELECT v FROM t");
  ASSERT_TRUE(query.step());
  EXPECT_TRUE(query.is_null(0));
  EXPECT_EQ(0, query.integer(0));
  EXPECT_EQ("", query.bytes(0));
}

TEST_F(ConnectionTest, CountsChanges) {
  for (int i = 1; i <= 5; ++i) EXPECT_EQ(1, execute(db, "INSERT INTO t VALUES(?, 'x')", i));
  EXPECT_EQ(3, execute(db, "DELETE FROM t WHERE i > ?", 2));
  EXPECT_EQ(0, execute(db, "DELETE FROM t WHERE i > ?", 2));
  EXPECT_EQ(2, lookup(db, "SELECT i FROM t WHERE i > ?", 1));
  EXPECT_FALSE(lookup(db, "SELECT i FROM t WHERE i > ?", 2));
}

TEST_F(ConnectionTest, ErrorsSayWhatWasAsked) {
  execute(db, "INSERT INTO t VALUES(1, 'x')");
  try {
    execute(db, "INSERT INTO t VALUES(1, 'y')");
    FAIL();
  } catch (const StoreFault& fault) {
    const std::string what = fault.what();
    EXPECT_NE(std::string::npos, what.find("UNIQUE")) << what;
    EXPECT_NE(std::string::npos, what.find("INSERT INTO t VALUES(1, 'y')")) << what;
  }
  EXPECT_EQ(1, execute(db, "INSERT INTO t VALUES(2, 'y')")) << "and the connection goes on";
  EXPECT_THROW(db.run_script("SELECT nonsense"), StoreFault);
  EXPECT_THROW(db.ask("SELECT nonsense"), StoreFault);
}

TEST_F(ConnectionTest, TransactionsRollBackUnlessCommitted) {
  {
    Transaction transaction(db, Transaction::Kind::write);
    execute(db, "INSERT INTO t VALUES(1, 'x')");
    EXPECT_TRUE(db.in_transaction());
  }
  EXPECT_FALSE(db.in_transaction());
  EXPECT_EQ(0, db.ask("SELECT count(*) FROM t"));
  {
    Transaction transaction(db, Transaction::Kind::write);
    execute(db, "INSERT INTO t VALUES(1, 'x')");
    transaction.commit();
  }
  EXPECT_EQ(1, db.ask("SELECT count(*) FROM t"));
}

TEST_F(ConnectionTest, AReaderChangesNothing) {
  Connection::Settings settings;
  settings.read_only = true;
  Connection reader(file, settings);
  EXPECT_EQ(0, reader.ask("SELECT count(*) FROM t"));
  EXPECT_THROW(execute(reader, "INSERT INTO t VALUES(1, 'x')"), StoreFault);
}

TEST_F(ConnectionTest, AHeldLockIsWaitedFor) {
  db.run_script("PRAGMA journal_mode = WAL");
  Connection::Settings settings;
  settings.busy_timeout = std::chrono::milliseconds(3);
  Connection other(file, settings);
  Transaction transaction(db, Transaction::Kind::write);
  EXPECT_THROW(execute(other, "INSERT INTO t VALUES(1, 'x')"), StoreFault);
}

TEST_F(ConnectionTest, CheckpointsTellHowFarTheyCame) {
  db.run_script("PRAGMA journal_mode = WAL; INSERT INTO t VALUES(1, zeroblob(100000))");
  EXPECT_GT(db.wal_pages(), 20u);
  Connection other(file, Connection::Settings());
  const auto passive = other.checkpoint(Connection::CheckpointMode::passive);
  EXPECT_EQ(db.wal_pages(), passive.pages);
  EXPECT_EQ(passive.pages, passive.copied);
  other.checkpoint(Connection::CheckpointMode::restart);
  db.run_script("INSERT INTO t VALUES(2, 'x')");
  EXPECT_LT(db.wal_pages(), 5u) << "it has started afresh";
  other.checkpoint(Connection::CheckpointMode::truncate);
  EXPECT_EQ(0u, std::filesystem::file_size(file.string() + "-wal"));
}

TEST_F(ConnectionTest, ACheckpointDoesNotWaitForAReader) {
  db.run_script("PRAGMA journal_mode = WAL; INSERT INTO t VALUES(1, 'x')");
  Connection reader(file, Connection::Settings());
  Transaction reading(reader, Transaction::Kind::read);
  EXPECT_EQ(1, reader.ask("SELECT count(*) FROM t"));
  db.run_script("INSERT INTO t VALUES(2, 'x')");
  Connection::Settings settings;
  settings.busy_timeout = std::chrono::milliseconds(3);
  Connection other(file, settings);
  const auto passive = other.checkpoint(Connection::CheckpointMode::passive);
  EXPECT_LT(passive.copied, passive.pages);
  const auto restart = other.checkpoint(Connection::CheckpointMode::restart);
  EXPECT_LT(restart.copied, restart.pages);
}

}  // namespace
}  // namespace postroom::sqlite
