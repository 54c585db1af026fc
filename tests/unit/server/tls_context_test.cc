// server/tls_context.h: certificates and keys.
#include "server/tls_context.h"

#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <stdexcept>

#include "tests/support/temporary_folder.h"

namespace postroom {
namespace {

using testing::TemporaryFolder;

std::string content(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

TEST(SelfSignedTest, IsMadeOnceAndForItsHostname) {
  TemporaryFolder directory;
  const auto file = self_signed_certificate(directory.path(), "mail.example.org");
  const std::string first = content(file);
  EXPECT_EQ(std::filesystem::status(file).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  self_signed_certificate(directory.path(), "mail.example.org");
  EXPECT_EQ(content(file), first);
  self_signed_certificate(directory.path(), "other.example.org");
  EXPECT_NE(content(file), first);
  const std::string long_name = std::string(60, 'a') + "." + std::string(60, 'b') + ".example.org";
  EXPECT_NO_THROW(load_tls(file, file));
  EXPECT_NO_THROW(self_signed_certificate(directory.path(), long_name));
  EXPECT_NO_THROW(load_tls(file, file));
  std::ofstream(file) << "damaged";
  self_signed_certificate(directory.path(), "mail.example.org");
  EXPECT_NO_THROW(load_tls(file, file));
}

std::string why_not(const std::filesystem::path& certificate, const std::filesystem::path& key) {
  try {
    load_tls(certificate, key);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST(LoadTlsTest, SaysWhatIsWrong) {
  TemporaryFolder one;
  TemporaryFolder two;
  const auto first = self_signed_certificate(one.path(), "mail.example.org");
  const auto second = self_signed_certificate(two.path(), "mail.example.org");
  EXPECT_EQ(why_not(first, first), "");
  const std::string missing = why_not(one.path() / "missing.pem", first);
  EXPECT_NE(missing.find("cannot use the TLS certificate " + (one.path() / "missing.pem").string()),
            std::string::npos)
      << missing;
  const std::string other = why_not(first, second);
  EXPECT_NE(other.find("key"), std::string::npos) << other;
  EXPECT_NE(other.find(second.string()), std::string::npos) << other;
}

}  // namespace
}  // namespace postroom
