// server/certificate_watch.h: certificates whose files change, and that end.
#include "server/certificate_watch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/temporary_folder.h"
#include "tests/unit/server/tls_handshake.h"

namespace postroom {
namespace {

using testing::Certificate;
using testing::certificate_for;
using testing::Handshake;
using testing::TemporaryFolder;
using testing::write_file;
using testing::write_files;

class CertificateWatchTest : public ::testing::Test {
 protected:
  bool shown(const CertificateWatch& watch, const Certificate& certificate) {
    TlsServer server;
    server.use(watch.context());
    Handshake handshake;
    return handshake.with(server) && handshake.saw(certificate);
  }
  CertificateWatch watch() {
    return CertificateWatch([this] { return std::vector{files}; });
  }

  TemporaryFolder folder;
  const Certificate old = certificate_for("DNS:a.test");
  const Certificate renewed = certificate_for("DNS:a.test");
  CertificateFiles files = write_files(folder.path(), "a", old);
};

TEST_F(CertificateWatchTest, NothingIsNewWhereNothingChanged) {
  CertificateWatch watched = watch();
  const TlsContext before = watched.context();
  const CertificateWatch::News news = watched.look();
  EXPECT_FALSE(news.renewed);
  EXPECT_EQ(news.problem, "");
  EXPECT_EQ(watched.context(), before);
}

TEST_F(CertificateWatchTest, RenewedFilesAreUsed) {
  CertificateWatch watched = watch();
  write_files(folder.path(), "a", renewed);
  EXPECT_TRUE(watched.look().renewed);
  EXPECT_TRUE(shown(watched, renewed));
  EXPECT_FALSE(watched.look().renewed);
}

// As certbot does it.
TEST_F(CertificateWatchTest, SymbolicLinksThatLeadElsewhereAreUsed) {
  const CertificateFiles next = write_files(folder.path(), "next", renewed);
  const CertificateFiles first = files;
  files = {folder.path() / "live.pem", folder.path() / "live.key"};
  std::filesystem::create_symlink(first.certificate, files.certificate);
  std::filesystem::create_symlink(first.key, files.key);
  CertificateWatch watched = watch();
  std::filesystem::remove(files.certificate);
  std::filesystem::remove(files.key);
  std::filesystem::create_symlink(next.certificate, files.certificate);
  std::filesystem::create_symlink(next.key, files.key);
  EXPECT_TRUE(watched.look().renewed);
  EXPECT_TRUE(shown(watched, renewed));
}

TEST_F(CertificateWatchTest, BrokenFilesAreToldOnceAndTheOldOnesStay) {
  CertificateWatch watched = watch();
  write_file(files.certificate, renewed.pem());
  const CertificateWatch::News news = watched.look();
  EXPECT_FALSE(news.renewed);
  EXPECT_NE(news.problem.find("it is not the certificate's"), std::string::npos) << news.problem;
  EXPECT_EQ(watched.look().problem, "");
  EXPECT_TRUE(shown(watched, old));

  std::filesystem::remove(files.key);
  EXPECT_NE(watched.look().problem.find("No such file"), std::string::npos);
  write_file(files.key, renewed.key_pem());
  EXPECT_TRUE(watched.look().renewed);
  EXPECT_TRUE(shown(watched, renewed));
}

TEST_F(CertificateWatchTest, ThatTheFilesCannotBeMadeIsToldOnce) {
  bool broken = false;
  CertificateWatch watched([&] {
    if (broken) throw std::runtime_error("the disk is full");
    return std::vector{files};
  });
  broken = true;
  EXPECT_EQ(watched.look().problem, "the disk is full");
  EXPECT_EQ(watched.look().problem, "");
  EXPECT_TRUE(shown(watched, old));
}

TEST_F(CertificateWatchTest, EndsAreToldFromTwoWeeksBeforeEachDay) {
  constexpr std::time_t day = 24 * 3600;
  const std::time_t now = std::time(nullptr);
  files = write_files(folder.path(), "a", certificate_for("DNS:a.test", 0, 15 * day));
  CertificateWatch watched = watch();
  EXPECT_EQ(watched.ending(now).size(), 0u);
  const std::vector<CertificateEnd> ending = watched.ending(now + day + 60);
  ASSERT_EQ(ending.size(), 1u);
  EXPECT_EQ(ending.front().certificate, files.certificate);
  EXPECT_NEAR(static_cast<double>(ending.front().at), static_cast<double>(now + 15 * day), 60);
  EXPECT_EQ(watched.ending(now + day + 120).size(), 0u);
  EXPECT_EQ(watched.ending(now + 2 * day + 60).size(), 1u);
  EXPECT_EQ(watched.ending(now + 20 * day).size(), 1u);  // it is past
}

TEST(CertificateFilesTest, AreThoseOfTheConfiguration) {
  TlsConfig config;
  EXPECT_EQ(certificate_files(config).size(), 0u);
  config.more = {{"b.pem", "b.key"}};
  EXPECT_EQ(certificate_files(config), (std::vector<CertificateFiles>{{"b.pem", "b.key"}}));
  config.certificate = "a.pem";
  config.key = "a.key";
  EXPECT_EQ(certificate_files(config),
            (std::vector<CertificateFiles>{{"a.pem", "a.key"}, {"b.pem", "b.key"}}));
}

}  // namespace
}  // namespace postroom
