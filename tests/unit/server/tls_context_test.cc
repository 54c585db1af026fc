// server/tls_context.h: certificates and keys.
#include "server/tls_context.h"

#include <fstream>
#include <gtest/gtest.h>
#include <openssl/pem.h>
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
  EXPECT_NO_THROW(load_tls_context(file, file));
  EXPECT_NO_THROW(self_signed_certificate(directory.path(), long_name));
  EXPECT_NO_THROW(load_tls_context(file, file));
  std::ofstream(file) << "damaged";
  self_signed_certificate(directory.path(), "mail.example.org");
  EXPECT_NO_THROW(load_tls_context(file, file));
}

std::string why_not(const std::filesystem::path& certificate, const std::filesystem::path& key) {
  try {
    load_tls_context(certificate, key);
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

// As a person who started the server by hand would be asked on the terminal.
TEST(LoadTlsTest, AnEncryptedKeyIsRefusedAndNobodyAsked) {
  TemporaryFolder folder;
  const auto certificate = self_signed_certificate(folder.path(), "mail.example.org");
  for (const bool traditional : {false, true}) {
    const auto key = folder.path() / "encrypted.key";
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> made(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> file(BIO_new_file(key.c_str(), "w"), BIO_free_all);
    auto* const write = traditional ? PEM_write_bio_PrivateKey_traditional : PEM_write_bio_PrivateKey;
    ASSERT_EQ(
        write(file.get(), made.get(), EVP_aes_128_cbc(), nullptr, 0, nullptr, const_cast<char*>("secret")),
        1);
    BIO_flush(file.get());
    const std::string why = why_not(certificate, key);
    EXPECT_NE(why.find("it is encrypted"), std::string::npos) << why;
  }
}

}  // namespace
}  // namespace postroom
