// Opening databases of all ages, and what is none of ours.
#include "storage/sqlite/schema.h"

#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "storage/sqlite/messages.h"
#include "tests/support/temporary_folder.h"

namespace postroom::sqlite {
namespace {

class Schema : public ::testing::Test {
 protected:
  /// What open_database() says no with.
  std::string refusal() {
    try {
      open_database(file);
    } catch (const StoreFault& fault) {
      return fault.what();
    }
    return "";
  }
  /// A database as another program makes it.
  Connection plain() { return Connection(file, Connection::Settings()); }

  postroom::testing::TemporaryFolder folder;
  std::filesystem::path file = folder.path() / "mail.db";
};

/// All tables and indexes, as SQL.
std::string described(Connection& db) {
  std::string all;
  Query query(db, "SELECT name, sql FROM sqlite_schema ORDER BY name");
  while (query.step()) all += query.text(0) + ": " + query.text(1) + "\n";
  return all;
}

TEST_F(Schema, ANewDatabaseIsOurs) {
  Connection db = open_database(file);
  EXPECT_EQ(static_cast<std::int64_t>(migrations().size()), db.ask("PRAGMA user_version"));
  EXPECT_EQ(0x506F7374, db.ask("PRAGMA application_id"));
  EXPECT_EQ(2, db.ask("PRAGMA auto_vacuum"));
  EXPECT_EQ(4096, db.ask("PRAGMA page_size"));
  EXPECT_EQ(2, db.ask("PRAGMA synchronous")) << "FULL";
  EXPECT_EQ(1, db.ask("SELECT journal_mode = 'wal' FROM pragma_journal_mode"));
}

TEST_F(Schema, ItIsNobodyElsesToRead) {
  const mode_t before = umask(0);
  open_database(file).run_script("INSERT INTO domain(name) VALUES('x')");
  Connection db = open_database(file);
  umask(before);
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat status{};
    ASSERT_EQ(0, stat((file.string() + suffix).c_str(), &status)) << suffix;
    EXPECT_EQ(0600u, status.st_mode & 0777) << suffix;
  }
}

TEST_F(Schema, OpeningAgainKeepsEverything) {
  open_database(file).run_script("INSERT INTO domain(name) VALUES('example.org')");
  Connection db = open_database(file);
  EXPECT_EQ(1, db.ask("SELECT count(*) FROM domain"));
}

// Each version there ever was becomes what a new database is.
TEST_F(Schema, EveryVersionIsMigrated) {
  const std::string fresh = [&] {
    Connection db = open_database(folder.path() / "fresh.db");
    return described(db);
  }();
  for (std::size_t version = 1; version <= migrations().size(); ++version) {
    const auto old = folder.path() / ("version" + std::to_string(version));
    {
      Connection db(old, Connection::Settings());
      migrate(db, version);
      EXPECT_EQ(static_cast<std::int64_t>(version), db.ask("PRAGMA user_version"));
    }
    Connection db = open_database(old);
    EXPECT_EQ(static_cast<std::int64_t>(migrations().size()), db.ask("PRAGMA user_version"));
    EXPECT_EQ(fresh, described(db)) << version;
  }
}

// What version 4 added is unknown of what came before it, and nothing else is.
TEST_F(Schema, MailOfEarlierVersionsIsRead) {
  {
    Connection db(file, Connection::Settings());
    migrate(db, 2);
    db.run_script(
        "INSERT INTO domain(id, name) VALUES(1, 'example.org');"
        "INSERT INTO account(id, address, domain, created, salt, iterations, stored_key, server_key)"
        " VALUES(1, 'a@example.org', 1, 0, x'', 1, x'', x'');"
        "INSERT INTO mailbox(id, account, name, uid_validity, uid_next, messages) VALUES(5, 1, 'INBOX', 1, "
        "2, 1);"
        "INSERT INTO content(id, envelope, body, parts, body_structure) VALUES(7, x'65', x'62', x'70', "
        "x'73');"
        "INSERT INTO message VALUES(5, 1, 0, 2, 2, 7, 1000, 3, 0)");
  }
  Connection db = open_database(file);
  const auto rows = fetch(db, MailboxId{5}, UidSet(1, 1), Want::parts | Want::preview | Want::sort_keys);
  ASSERT_EQ(1u, rows.size());
  EXPECT_EQ("p", rows[0].parts);
  EXPECT_EQ(std::nullopt, rows[0].preview);
  EXPECT_EQ("", rows[0].sort_keys);
  EXPECT_EQ(rows[0].internal_date, rows[0].saved);
  EXPECT_EQ(0u, rows[0].thread);
}

TEST_F(Schema, ANewerDatabaseIsRefused) {
  open_database(file).run_script("PRAGMA user_version = 1000");
  EXPECT_NE(std::string::npos, refusal().find("newer Postroom (schema 1000")) << refusal();
  EXPECT_NE(std::string::npos, refusal().find("mail.db")) << refusal();
}

TEST_F(Schema, SomebodyElsesDatabaseIsRefused) {
  plain().run_script("CREATE TABLE recipe(name)");
  EXPECT_NE(std::string::npos, refusal().find("not a Postroom database")) << refusal();
  Connection db = plain();
  EXPECT_EQ(1, db.ask("SELECT count(*) FROM sqlite_schema")) << "and left alone";
}

TEST_F(Schema, WhatIsNoDatabaseIsRefused) {
  std::ofstream(file) << std::string(5000, 'x');
  EXPECT_NE(std::string::npos, refusal().find("not a database")) << refusal();
}

TEST_F(Schema, AMissingFolderIsSaid) {
  file = folder.path() / "nowhere" / "mail.db";
  EXPECT_NE(std::string::npos, refusal().find("unable to open")) << refusal();
}

}  // namespace
}  // namespace postroom::sqlite
