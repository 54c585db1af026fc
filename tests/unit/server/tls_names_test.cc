// server/tls_names.h: which certificate a client sees.
#include "server/tls_names.h"

#include <gtest/gtest.h>
#include <stdexcept>

#include "tests/support/temporary_folder.h"
#include "tests/unit/server/tls_handshake.h"

namespace postroom {
namespace {

using testing::Certificate;
using testing::certificate_for;
using testing::Handshake;
using testing::TemporaryFolder;
using testing::write_files;

using Names = std::set<std::string>;

TEST(DnsNamesTest, AreThoseOfTheSubjectAltName) {
  EXPECT_EQ(dns_names(*certificate_for("DNS:Mail.Example.org,IP:127.0.0.1,DNS:*.example.net").x509()),
            (Names{"mail.example.org", "*.example.net"}));
  EXPECT_EQ(dns_names(*certificate_for("DNS:m*.example.org,DNS:mail.*.org,DNS:*").x509()), Names{});
  Certificate::Options common;
  common.common_name = "mail.example.org";
  EXPECT_EQ(dns_names(*Certificate(common).x509()), Names{});
}

TEST(TlsNamesTest, FindsNamesAndThenWildcards) {
  const TlsContext one(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  const TlsContext two(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  TlsNames names;
  names.add({"*.example.org", "example.org"}, one);
  names.add({"mail.example.org", "example.org"}, two);
  const auto found = [&](std::string_view name) {
    const TlsContext* const context = names.find(name);
    return context != nullptr ? *context : nullptr;
  };
  EXPECT_EQ(found("example.org"), one);  // the first
  EXPECT_EQ(found("MAIL.example.ORG"), two);
  EXPECT_EQ(found("imap.example.org"), one);
  EXPECT_EQ(found("a.imap.example.org"), nullptr);
  EXPECT_EQ(found(".example.org"), nullptr);
  EXPECT_EQ(found("example.net"), nullptr);
  EXPECT_EQ(found(""), nullptr);
}

class SniTest : public ::testing::Test {
 protected:
  void SetUp() override {
    server.use(load_tls_certificates(
                   {write_files(folder.path(), "first", first), write_files(folder.path(), "second", second)})
                   .context);
  }

  TemporaryFolder folder;
  const Certificate first = certificate_for("DNS:mail.example.org");
  const Certificate second = certificate_for("DNS:mail.example.org,DNS:*.example.net");
  TlsServer server;
};

TEST_F(SniTest, ShowsTheCertificateOfTheName) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const auto& [name, shown] :
         {std::pair("mail.example.org", &first), std::pair("imap.example.net", &second),
          std::pair("IMAP.Example.NET", &second), std::pair("unknown.example.com", &first)}) {
      Handshake handshake(version);
      EXPECT_TRUE(handshake.ask_for(name).with(server)) << name;
      EXPECT_TRUE(handshake.saw(*shown)) << name;
    }
    Handshake nameless(version);
    EXPECT_TRUE(nameless.with(server));
    EXPECT_TRUE(nameless.saw(first));
  }
}

// The hello comes twice, and so does its name.
TEST_F(SniTest, ShowsItAfterAnotherHelloToo) {
  Handshake handshake;
  SSL_set1_groups_list(handshake.client.ssl(), "X448:P-256");
  EXPECT_TRUE(handshake.ask_for("imap.example.net").with(server));
  EXPECT_TRUE(handshake.saw(second));
}

TEST_F(SniTest, WhoShakesHandsWhileItReloadsIsServedByTheOldNames) {
  Handshake handshake;
  testing::Wire wire;
  testing::SimRuntime runtime;
  const auto stream = server.start_tls(std::make_unique<testing::MemoryStream>(runtime, wire));
  server.use(load_tls_certificates({write_files(folder.path(), "first", first)}).context);
  handshake.ask_for("imap.example.net").client.turn(wire);
  Buffer in(100);
  stream->receive(in);
  handshake.client.turn(wire);
  EXPECT_TRUE(handshake.saw(second));
}

TEST_F(SniTest, AnUnknownProtocolIsNoReasonToFail) {
  Handshake handshake;
  SSL_set_alpn_protos(handshake.client.ssl(), reinterpret_cast<const unsigned char*>("\4imap"), 5);
  EXPECT_TRUE(handshake.with(server));
}

TEST(CertificatePairTest, EachClientSeesTheKindItKnows) {
  TemporaryFolder folder;
  const Certificate other = certificate_for("DNS:example.com");
  const Certificate ec = certificate_for("DNS:mail.example.org");
  const Certificate rsa = certificate_for("DNS:mail.example.org", 2048);
  TlsServer server;
  server.use(
      load_tls_certificates({write_files(folder.path(), "other", other), write_files(folder.path(), "ec", ec),
                             write_files(folder.path(), "rsa", rsa)})
          .context);
  for (const auto& [algorithms, shown] :
       {std::pair("RSA-PSS+SHA256", &rsa), std::pair("ECDSA+SHA256", &ec)}) {
    Handshake handshake;
    SSL_set1_sigalgs_list(handshake.client.ssl(), algorithms);
    EXPECT_TRUE(handshake.ask_for("mail.example.org").with(server)) << algorithms;
    EXPECT_TRUE(handshake.saw(*shown)) << algorithms;
  }
}

TEST(MoreCertificatesTest, NeedNames) {
  TemporaryFolder folder;
  const auto nameless = write_files(folder.path(), "nameless", Certificate(Certificate::Options()));
  EXPECT_NO_THROW(load_tls_certificates({nameless}));
  try {
    load_tls_certificates({write_files(folder.path(), "first", certificate_for("DNS:a.test")), nameless});
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(error.what(),
              "cannot use the TLS certificate " + nameless.certificate.string() +
                  ": there is no DNS name in it (subjectAltName) by which clients could ask for it");
  }
}

}  // namespace
}  // namespace postroom
