// The disk that forgets, shown with SQLite itself: what is synced stays, what is not may go.
#include "tests/sim/sim_disk.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

namespace postroom::testing {
namespace {

class Database {
 public:
  explicit Database(const SimDisk& disk) {
    EXPECT_EQ(SQLITE_OK, sqlite3_open_v2("mail.db", &database_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                         disk.vfs_name().c_str()));
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() { sqlite3_close(database_); }

  int run(const std::string& sql) { return sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr); }
  std::string ask(const std::string& sql) {
    std::string answer;
    const auto keep = [](void* out, int, char** values, char**) {
      *static_cast<std::string*>(out) = values[0] ? values[0] : "";
      return 0;
    };
    EXPECT_EQ(SQLITE_OK, sqlite3_exec(database_, sql.c_str(), keep, &answer, nullptr))
        << sqlite3_errmsg(database_);
    return answer;
  }

 private:
  sqlite3* database_ = nullptr;
};

constexpr SimDisk::Loss kLosses[] = {SimDisk::Loss::everything, SimDisk::Loss::nothing, SimDisk::Loss::some,
                                     SimDisk::Loss::tail};

/// Commits rows one by one and cuts the power at every moment; returns how often a committed row was gone or
/// the database was damaged.
int losses(const std::string& synchronous, SimDisk::Loss loss) {
  SimDisk disk;
  int lost = 0;
  int committed = 0;
  std::uint64_t cuts = 0;
  {
    Database database(disk);
    database.ask("PRAGMA journal_mode=WAL");
    database.run("PRAGMA synchronous=" + synchronous + "; PRAGMA wal_autocheckpoint=8; CREATE TABLE t (v)");
    disk.before = [&](SimDisk::Moment) {
      const auto hook = std::exchange(disk.before, nullptr);
      const auto after = disk.after_power_cut(loss, ++cuts);
      Database found(*after);
      std::string rows = "0";
      if (found.run("SELECT count(*) FROM t") == SQLITE_OK && found.ask("PRAGMA integrity_check") == "ok")
        rows = found.ask("SELECT count(*) FROM t");
      if (std::stoi(rows) < committed) ++lost;
      disk.before = hook;
    };
    for (; committed < 20;) {
      EXPECT_EQ(SQLITE_OK, database.run("INSERT INTO t VALUES (randomblob(1500))"));
      ++committed;
    }
    disk.before = nullptr;
  }
  EXPECT_GT(cuts, 40u);
  return lost;
}

TEST(SimDisk, KeepsWhatWasSynced) {
  for (const SimDisk::Loss loss : kLosses) EXPECT_EQ(0, losses("FULL", loss)) << static_cast<int>(loss);
}

TEST(SimDisk, ForgetsWhatWasNot) {
  EXPECT_GT(losses("OFF", SimDisk::Loss::everything), 0);
  EXPECT_GT(losses("OFF", SimDisk::Loss::some), 0);
  EXPECT_EQ(0, losses("OFF", SimDisk::Loss::nothing)) << "as after kill -9, which loses no writes";
}

TEST(SimDisk, GetsFull) {
  SimDisk disk;
  Database database(disk);
  database.ask("PRAGMA journal_mode=WAL");
  ASSERT_EQ(SQLITE_OK, database.run("CREATE TABLE t (v)"));
  disk.capacity = disk.used();
  EXPECT_EQ(SQLITE_FULL, database.run("INSERT INTO t VALUES (randomblob(100000))"));
  disk.capacity = ~std::uint64_t{0};
  EXPECT_EQ(SQLITE_OK, database.run("INSERT INTO t VALUES (randomblob(100000))"));
}

TEST(SimDisk, FailsASync) {
  SimDisk disk;
  Database database(disk);
  database.ask("PRAGMA journal_mode=WAL");
  ASSERT_EQ(SQLITE_OK, database.run("PRAGMA synchronous=FULL; CREATE TABLE t (v)"));
  disk.fail_next_sync = true;
  EXPECT_EQ(SQLITE_IOERR, database.run("INSERT INTO t VALUES (1)"));
}

}  // namespace
}  // namespace postroom::testing
