// The image of a database that is being written to.
#include "storage/sqlite/image.h"

#include <fstream>
#include <gtest/gtest.h>
#include <stdexcept>

#include "storage/sqlite/schema.h"
#include "tests/support/temporary_folder.h"

namespace postroom::sqlite {
namespace {

class ImageTest : public ::testing::Test {
 protected:
  void SetUp() override {
    db_.run_script("CREATE TABLE t(i INTEGER PRIMARY KEY, v BLOB)");
    for (int i = 0; i < 3000; ++i) execute(db_, "INSERT INTO t(v) VALUES(randomblob(3000))");
  }

  /// What comes of it, as a file.
  std::filesystem::path copy(ImageCopy& image) {
    std::string bytes;
    pages_ = 0;
    const std::uint64_t size = image.run([&](std::uint64_t offset, std::string_view page) {
      if (bytes.size() < offset + page.size()) bytes.resize(offset + page.size());
      page.copy(bytes.data() + offset, page.size());
      ++pages_;
      if (meanwhile_) meanwhile_();
    });
    EXPECT_EQ(bytes.size(), size);
    std::ofstream(folder_.path() / "copy.db", std::ios::binary) << bytes;
    return folder_.path() / "copy.db";
  }
  static std::int64_t sum(Connection& db) { return db.ask("SELECT sum(length(v) * i) FROM t"); }
  static std::int64_t whole(Connection& db) {
    return db.ask("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'");
  }

  const postroom::testing::TemporaryFolder folder_;
  Connection db_ = open_database(folder_.path() / "a.db");
  Connection source_{folder_.path() / "a.db", [] {
                       Connection::Settings settings;
                       settings.read_only = true;
                       return settings;
                     }()};
  int pages_ = 0;
  std::function<void()> meanwhile_;
};

TEST_F(ImageTest, IsOfTheMomentAtWhichItBegins) {
  ImageCopy image(source_);
  const std::int64_t then = sum(db_);
  execute(db_, "DELETE FROM t WHERE i % 3 = 0");
  int writes = 0;
  meanwhile_ = [&] {
    // Others write, and checkpoint as far as they can, between any two pages.
    if (++writes % 50 != 0) return;
    execute(db_, "INSERT INTO t(v) VALUES(randomblob(5000))");
    db_.checkpoint(Connection::CheckpointMode::passive);
  };
  Connection copied(copy(image), Connection::Settings());
  EXPECT_GT(writes, 1000);
  EXPECT_EQ(sum(copied), then);
  EXPECT_EQ(whole(copied), 1);
  EXPECT_NE(sum(db_), then);
}

TEST_F(ImageTest, EachPageComesOnce) {
  ImageCopy image(source_);
  copy(image);
  EXPECT_EQ(pages_, db_.ask("PRAGMA page_count"));
}

TEST_F(ImageTest, SeesWhatIsInTheWalOnly) {
  db_.checkpoint(Connection::CheckpointMode::truncate);
  execute(db_, "UPDATE t SET v = randomblob(2000) WHERE i > 2000");
  ImageCopy image(source_);
  Connection copied(copy(image), Connection::Settings());
  EXPECT_EQ(sum(copied), sum(db_));
  EXPECT_EQ(whole(copied), 1);
}

TEST_F(ImageTest, WhatTheTakerThrowsComesOut) {
  ImageCopy image(source_);
  EXPECT_THROW(image.run([](std::uint64_t, std::string_view) { throw std::domain_error("full"); }),
               std::domain_error);
}

}  // namespace
}  // namespace postroom::sqlite
