// How a database's pages become blocks, and how blocks are kept in a folder.
#include <fstream>
#include <gtest/gtest.h>

#include "server/backup/repository.h"
#include "server/backup/take.h"
#include "tests/support/temporary_folder.h"

namespace postroom::backup {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kPages = kBlockSize / kPage;

class Blocks : public BlockSink {
 public:
  void database_block(std::size_t index, const std::string& hash, std::string_view bytes) override {
    EXPECT_EQ(hash, hash_of(bytes));
    image.resize(std::max(image.size(), index * kBlockSize + bytes.size()));
    image.replace(index * kBlockSize, bytes.size(), bytes);
    ++given;
  }
  void file(const BackedFile&, std::string_view) override {}

  std::string image;
  int given = 0;
};

std::string page(std::size_t number) { return std::string(kPage, static_cast<char>('a' + number % 26)); }

TEST(BlockCutter, TakesPagesInAnyOrder) {
  Blocks blocks;
  BlockCutter cutter(blocks);
  std::string whole;
  for (std::size_t i = 0; i < 2 * kPages + 3; ++i) whole += page(i);
  for (std::size_t i = 2 * kPages + 3; i-- > 1;) cutter.write(i * kPage, page(i));
  EXPECT_EQ(blocks.given, 1) << "only one has all its pages, and is not kept in memory";
  cutter.write(0, page(0));
  const auto hashes = cutter.finish(whole.size());
  EXPECT_EQ(blocks.image, whole);
  EXPECT_EQ(blocks.given, 3);
  EXPECT_EQ(hashes.size(), 3U);
  EXPECT_EQ(hashes.back(), hash_of(std::string_view(whole).substr(2 * kBlockSize)));
}

TEST(BlockCutter, WhatNeverComesIsZeros) {
  Blocks blocks;
  BlockCutter cutter(blocks);
  cutter.write(2 * kBlockSize, page(1));
  cutter.finish(2 * kBlockSize + kPage);
  EXPECT_EQ(blocks.image, std::string(2 * kBlockSize, '\0') + page(1));
}

TEST(BlockCutter, APageIsNotTakenTwice) {
  Blocks blocks;
  BlockCutter cutter(blocks);
  for (std::size_t i = 0; i < kPages; ++i) cutter.write(i * kPage, page(i));
  EXPECT_THROW(cutter.write(kPage, page(1)), BackupFault);
}

class RepositoryTest : public ::testing::Test {
 protected:
  static Manifest backup_of(const std::string& bytes) {
    Manifest manifest;
    manifest.database_size = bytes.size();
    manifest.blocks = {hash_of(bytes)};
    return manifest;
  }
  const postroom::testing::TemporaryFolder temporary_;
  const std::filesystem::path folder_ = temporary_.path() / "backups";
};

TEST_F(RepositoryTest, BlocksAreKeptOnceAndGoWithTheirLastBackup) {
  Repository repository(folder_, Repository::Use::write);
  EXPECT_TRUE(repository.put(hash_of("one"), "one"));
  EXPECT_FALSE(repository.put(hash_of("one"), "one"));
  repository.add("2026-11-30T07-30-00Z", backup_of("one"));
  repository.put(hash_of("one"), "one");
  repository.add("2026-11-30T07-30-01Z", backup_of("one"));
  EXPECT_EQ(repository.sweep(), 0U);
  repository.remove("2026-11-30T07-30-00Z");
  EXPECT_EQ(repository.sweep(), 0U);
  EXPECT_EQ(repository.block(hash_of("one"), 3), "one");
  repository.remove("2026-11-30T07-30-01Z");
  EXPECT_EQ(repository.sweep(), 1U);
  EXPECT_THROW(repository.block(hash_of("one"), 3), BackupFault);
}

TEST_F(RepositoryTest, ABlockThatWasCutShortIsWrittenAnew) {
  Repository repository(folder_, Repository::Use::write);
  const std::string hash = hash_of("one");
  repository.put(hash, "one");
  repository.add("2026-11-30T07-30-00Z", backup_of("one"));
  std::ofstream(folder_ / "blocks" / hash.substr(0, 2) / hash.substr(2)) << "on";
  EXPECT_THROW(repository.block(hash, 3), BackupFault);
  EXPECT_TRUE(repository.put(hash, "one"));
  repository.add("2026-11-30T07-30-01Z", backup_of("one"));
  EXPECT_EQ(repository.block(hash, 3), "one");
}

TEST_F(RepositoryTest, NothingIsSweptWhileABackupCannotBeRead) {
  Repository repository(folder_, Repository::Use::write);
  repository.put(hash_of("one"), "one");
  repository.add("2026-11-30T07-30-00Z", backup_of("one"));
  std::ofstream(folder_ / "backups" / "2026-11-30T07-30-00Z") << "damaged";
  EXPECT_THROW(repository.sweep(), BackupFault);
  EXPECT_EQ(repository.block(hash_of("one"), 3), "one");
}

TEST_F(RepositoryTest, OneWritesAndManyRead) {
  {
    const Repository writer(folder_, Repository::Use::write);
    EXPECT_THROW(Repository(folder_, Repository::Use::write), BackupFault);
    EXPECT_THROW(Repository(folder_, Repository::Use::read), BackupFault);
  }
  const Repository reader(folder_, Repository::Use::read);
  EXPECT_NO_THROW(Repository(folder_, Repository::Use::read));
  EXPECT_THROW(Repository(folder_, Repository::Use::write), BackupFault);
}

TEST_F(RepositoryTest, NamesAreTimes) {
  EXPECT_TRUE(is_backup_name("2026-11-30T07-30-00Z"));
  for (const char* name :
       {"", "..", "2026-11-30T07-30-00Z.new", "2026-11-30T07-30-0/Z", "2026-11-30 07-30-00Z"})
    EXPECT_FALSE(is_backup_name(name)) << name;
}

}  // namespace
}  // namespace postroom::backup
