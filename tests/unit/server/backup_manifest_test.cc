// The text of a backup, also from somebody who means harm.
#include <gtest/gtest.h>

#include "server/backup/manifest.h"

namespace postroom::backup {
namespace {

Manifest sample() {
  Manifest manifest;
  manifest.postroom = "0.1.0";
  manifest.schema = 12;
  manifest.taken = 1'795'000'000;
  manifest.database_size = 2 * kBlockSize + 4096;
  manifest.blocks = {hash_of("one"), hash_of("two"), hash_of("three")};
  BackedFile& file = manifest.files.emplace_back();
  file.name = "keys/with space";
  file.size = 32;
  file.block = hash_of("key");
  return manifest;
}

/// A list of contents with the line instead of the sample's, and the right checksum.
std::string with(const std::string& before, const std::string& after) {
  std::string text = manifest_text(sample());
  text.resize(text.rfind("end "));
  text.replace(text.find(before), before.size(), after);
  return text + "end " + hash_of(text) + "\n";
}

std::string why_not(const std::string& text) {
  try {
    parse_manifest(text);
    return "";
  } catch (const BackupFault& fault) {
    return fault.what();
  }
}

TEST(BackupManifest, ComesBackAsItWas) {
  EXPECT_EQ(parse_manifest(manifest_text(sample())), sample());
  EXPECT_EQ(why_not(with("keys/with space", "self-signed.pem")), "");
}

TEST(BackupManifest, OneCutShortIsNone) {
  const std::string text = manifest_text(sample());
  for (std::size_t length = 0; length < text.size(); ++length)
    EXPECT_NE(why_not(text.substr(0, length)), "") << length;
  EXPECT_NE(why_not(text + "\n"), "");
}

TEST(BackupManifest, OneWithAChangedByteIsNone) {
  const std::string text = manifest_text(sample());
  for (std::size_t place = 0; place < text.size(); ++place) {
    std::string changed = text;
    changed[place] = static_cast<char>(changed[place] ^ 1);
    EXPECT_NE(why_not(changed), "") << place;
  }
}

TEST(BackupManifest, NoFileGoesOutsideOfTheDataDirectoryOrInPlaceOfTheDatabase) {
  for (const char* name : {"/etc/passwd", "../up", "keys/../../up", "keys//x", ".", "keys/.", "keys/", "a\rb",
                           "postroom.db", "postroom.db-wal", "postroom.lock", "postroom.restoring"})
    EXPECT_NE(why_not(with("keys/with space", name)).find("outside"), std::string::npos) << name;
}

TEST(BackupManifest, NumbersAndHashesAreWhatTheyCanBe) {
  const std::string hash = hash_of("two");
  for (const auto& [before, after] : std::initializer_list<std::pair<std::string, std::string>>{
           {"block " + hash, "block ../../" + hash.substr(6)},
           {"block " + hash, "block " + hash.substr(1)},
           {"block " + hash + "\n", ""},
           {"block " + hash, "block " + hash + "\nblock " + hash},
           {"database ", "database 99999999999999999999"},
           {"database ", "database 99"},
           {"database ", "database -"},
           {"file 32", "file 99999999"},
           {"file 32", "file 32\nfile 32"},
           {"schema 12", "schema twelve"},
           {"schema 12", "scheme 12"},
           {"schema 12", "schema"},
           {"keys/with space", "k\nfile 32 " + hash_of("key") + " k"},
           {"postroom backup 1", "postroom backup 2"}})
    EXPECT_NE(why_not(with(before, after)), "") << after;
}

TEST(BackupManifest, TheLastBlockIsAsLongAsTheRest) {
  const Manifest manifest = sample();
  EXPECT_EQ(manifest.block_length(0), kBlockSize);
  EXPECT_EQ(manifest.block_length(2), 4096U);
  EXPECT_EQ(block_count(0), 0U);
  EXPECT_EQ(block_count(1), 1U);
  EXPECT_EQ(block_count(kBlockSize), 1U);
}

}  // namespace
}  // namespace postroom::backup
