// server/private_file.h, server/secret_key.h.
#include "server/private_file.h"

#include <fstream>
#include <gtest/gtest.h>
#include <stdexcept>
#include <sys/wait.h>

#include "server/secret_key.h"
#include "tests/support/temporary_folder.h"

namespace postroom {
namespace {

using Permissions = std::filesystem::perms;
using testing::TemporaryFolder;

constexpr Permissions kOwnerOnly = Permissions::owner_read | Permissions::owner_write;

template <class Action>
std::string failure(Action action) {
  try {
    action();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

std::size_t files_in(const std::filesystem::path& directory) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
}

TEST(PrivateFileTest, OnlyItsOwnerReadsIt) {
  TemporaryFolder directory;
  const auto file = directory.path() / "file";
  EXPECT_EQ(read_private_file(file), std::nullopt);
  EXPECT_TRUE(create_private_file(file, "one"));
  EXPECT_EQ(std::filesystem::status(file).permissions(), kOwnerOnly);
  EXPECT_EQ(read_private_file(file), "one");
  EXPECT_FALSE(create_private_file(file, "two"));
  EXPECT_EQ(read_private_file(file), "one");
  replace_private_file(file, "three");
  EXPECT_EQ(read_private_file(file), "three");
  EXPECT_EQ(files_in(directory.path()), 1U);  // nothing temporary is left
}

TEST(PrivateFileTest, RefusesAFileThatOthersCanRead) {
  TemporaryFolder directory;
  const auto file = directory.path() / "file";
  create_private_file(file, "secret");
  for (const Permissions others :
       {Permissions::group_read, Permissions::others_read, Permissions::others_write}) {
    std::filesystem::permissions(file, kOwnerOnly | others);
    const std::string why = failure([&] { read_private_file(file); });
    EXPECT_NE(why.find("chmod 600"), std::string::npos) << why;
  }
}

TEST(PrivateFileTest, SaysWhyItCannotWrite) {
  TemporaryFolder directory;
  const auto file = directory.path() / "missing" / "file";
  EXPECT_NE(failure([&] { replace_private_file(file, ""); }).find("No such file"), std::string::npos);
}

TEST(PrivateDirectoryTest, IsMadeWhenMissing) {
  TemporaryFolder directory;
  const auto data = directory.path() / "data";
  make_private_directory(data);
  EXPECT_EQ(std::filesystem::status(data).permissions(), Permissions::owner_all);
  EXPECT_NO_THROW(make_private_directory(data));
  std::ofstream(directory.path() / "file") << "x";
  EXPECT_NE(failure([&] { make_private_directory(directory.path() / "file"); }).find("Not a directory"),
            std::string::npos);
}

TEST(DataLockTest, OneServerAtATime) {
  TemporaryFolder directory;
  {
    const DataLock lock(directory.path());
    const std::string why = failure([&] { const DataLock second(directory.path()); });
    EXPECT_EQ(why, "another postroom serves " + directory.path().string() + " already");
  }
  EXPECT_EQ(failure([&] { const DataLock again(directory.path()); }), "");
}

TEST(SecretKeyTest, IsMadeOnce) {
  TemporaryFolder directory;
  const auto data = directory.path() / "data";
  const std::string key = read_or_create_secret_key(data);
  EXPECT_EQ(key.size(), 32U);
  EXPECT_EQ(read_or_create_secret_key(data), key);
  EXPECT_EQ(std::filesystem::status(data / "secret.key").permissions(), kOwnerOnly);
  TemporaryFolder other;
  EXPECT_NE(read_or_create_secret_key(other.path()), key);
}

TEST(SecretKeyTest, IsNeverReplaced) {
  TemporaryFolder directory;
  create_private_file(directory.path() / "secret.key", "too short");
  EXPECT_NE(failure([&] { read_or_create_secret_key(directory.path()); }).find("32 bytes"),
            std::string::npos);
  EXPECT_EQ(read_private_file(directory.path() / "secret.key"), "too short");
}

}  // namespace
}  // namespace postroom
