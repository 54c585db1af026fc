// server/tls_client.h: who is believed by an authority, and what is said when not.
#include "server/tls_client.h"

#include "tests/unit/server/tls_client_fixture.h"

namespace postroom {
namespace {

using relay::TlsPolicy;
using testing::Certificate;
using testing::kDay;
using testing::MemoryStream;
using testing::TlsClientTest;
using testing::Wire;
using testing::write_file;
using Verify = TlsPolicy::Verify;

TEST_F(TlsClientTest, AGoodCertificateIsGood) {
  serve(good());
  EXPECT_EQ(talk(policy(Verify::pki)), "");
  EXPECT_EQ(answer, "EHLO client.example.org");
  EXPECT_EQ(spoken, "TLSv1.3 TLS_AES_256_GCM_SHA384");
}

TEST_F(TlsClientTest, BytesMayComeOneByOne) {
  serve(good());
  server_wire.chunk = client_wire.chunk = 1;
  EXPECT_EQ(talk(policy(Verify::pki)), "");
  EXPECT_EQ(answer, "EHLO client.example.org");
}

TEST_F(TlsClientTest, OneOfSeveralNamesIsEnough) {
  serve(good());
  TlsPolicy either = policy(Verify::pki, "example.org");
  EXPECT_NE(talk(either), "");
  either.names.push_back("mail.example.org");
  EXPECT_EQ(talk(either), "");
}

TEST_F(TlsClientTest, WhatIsNoNameIsForNobody) {
  serve(good());
  for (const std::string& name :
       {std::string(), std::string(".example.org"), std::string("mail.example.org\0x", 18)})
    EXPECT_EQ(talk(policy(Verify::pki, name)),
              "TLS: no certificate is for the name " + std::string(name.c_str()));
}

TEST_F(TlsClientTest, AnotherNameIsRefused) {
  serve(leaf("DNS:a.example.net,DNS:b.example.net"));
  EXPECT_EQ(talk(policy(Verify::pki)),
            "TLS: the certificate is not for mail.example.org but for a.example.net, b.example.net");
  EXPECT_EQ(answer, "");
  EXPECT_EQ(talk(policy(Verify::nothing)), "");
  EXPECT_EQ(answer, "EHLO client.example.org");
}

TEST_F(TlsClientTest, ManyNamesAreNotAllTold) {
  serve(leaf("DNS:a.test,DNS:b.test,DNS:c.test,DNS:d.test,DNS:e.test"));
  EXPECT_EQ(talk(policy(Verify::pki)),
            "TLS: the certificate is not for mail.example.org but for a.test, b.test, c.test and 2 more");
}

TEST_F(TlsClientTest, NamesAreToldAsPrintableAscii) {
  serve(leaf("DNS:a\r\n250 b\xff" + std::string(300, 'x')));
  EXPECT_EQ(talk(policy(Verify::pki)),
            "TLS: the certificate is not for mail.example.org but for a??250?b?" + std::string(244, 'x'));
}

// RFC 9525 6.3
TEST_F(TlsClientTest, AWildcardIsForOneLabel) {
  serve(leaf("DNS:*.example.org"));
  EXPECT_EQ(talk(policy(Verify::pki)), "");
  EXPECT_NE(talk(policy(Verify::pki, "a.mail.example.org")), "");
  EXPECT_NE(talk(policy(Verify::pki, "example.org")), "");
  serve(leaf("DNS:m*.example.org"));
  EXPECT_NE(talk(policy(Verify::pki)), "");
}

// RFC 9525 6.1
TEST_F(TlsClientTest, ACommonNameIsNoName) {
  serve(leaf(""));
  EXPECT_EQ(talk(policy(Verify::pki)), "TLS: the certificate is not for mail.example.org but for nobody");
}

TEST_F(TlsClientTest, AnExpiredCertificateIsRefused) {
  const Certificate old = leaf("DNS:mail.example.org", -10 * kDay);
  serve(old);
  char day[] = "2000-01-01";
  std::tm time{};
  ASN1_TIME_to_tm(X509_get0_notAfter(old.x509()), &time);
  std::strftime(day, sizeof day, "%Y-%m-%d", &time);
  EXPECT_EQ(talk(policy(Verify::pki)), "TLS: the certificate has expired on " + std::string(day));
  EXPECT_EQ(talk(policy(Verify::nothing)), "");
}

TEST_F(TlsClientTest, ACertificateOfTomorrowIsRefused) {
  Certificate::Options options;
  options.alternative_names = "DNS:mail.example.org";
  options.begins = kDay;
  options.ends = 2 * kDay;
  serve(Certificate(options, &authority));
  EXPECT_EQ(talk(policy(Verify::pki)).substr(0, 40), "TLS: the certificate is not valid before");
}

TEST_F(TlsClientTest, AnUnknownAuthorityIsRefused) {
  const Certificate stranger = make_authority("Stranger");
  Certificate::Options options;
  options.alternative_names = "DNS:mail.example.org";
  const Certificate signed_by_stranger(options, &stranger);
  serve(signed_by_stranger);
  EXPECT_EQ(talk(policy(Verify::pki)), "TLS: the certificate was not issued by a known authority");
  serve(signed_by_stranger, stranger.pem());
  EXPECT_EQ(talk(policy(Verify::pki)), "TLS: the certificate was not issued by a known authority");
  EXPECT_EQ(talk(policy(Verify::nothing)), "");
}

TEST_F(TlsClientTest, ASelfSignedCertificateIsRefused) {
  Certificate::Options options;
  options.alternative_names = "DNS:mail.example.org";
  serve(Certificate(options));
  EXPECT_EQ(talk(policy(Verify::pki)),
            "TLS: the certificate was not issued by a known authority but signed by itself");
  EXPECT_EQ(talk(policy(Verify::nothing)), "");
}

TEST_F(TlsClientTest, NobodyIsTrustedByAnotherFile) {
  serve(good());
  const TlsClient elsewhere(
      {write_file(folder.path() / "other.pem", make_authority("Other").pem()).string()});
  EXPECT_EQ(talk(*elsewhere.tls(policy(Verify::pki))),
            "TLS: the certificate was not issued by a known authority");
  const TlsClient system(TlsClientOptions{});
  EXPECT_EQ(talk(*system.tls(policy(Verify::pki))),
            "TLS: the certificate was not issued by a known authority");
}

TEST_F(TlsClientTest, AFileWithoutAuthoritiesIsTold) {
  EXPECT_THROW(TlsClient({"/nonexistent/authorities.pem"}), std::runtime_error);
  EXPECT_THROW(TlsClient({write_file(folder.path() / "empty.pem", "").string()}), std::runtime_error);
}

// RFC 3207 6
TEST_F(TlsClientTest, PlaintextFromBeforeIsDropped) {
  serve(good());
  client_wire.to_server = "250 and whatever you say next\r\n";
  EXPECT_EQ(talk(policy(Verify::pki)), "");
  EXPECT_EQ(answer, "EHLO client.example.org");
}

TEST_F(TlsClientTest, PlaintextInTheHandshakeEndsIt) {
  const auto connector = client.tls(policy(Verify::pki));
  runtime.spawn(ask(*connector, std::make_unique<MemoryStream>(runtime, client_wire)));
  runtime.settle();
  client_wire.to_server = "250 and whatever you say next\r\n";
  client_wire.poke();
  runtime.settle();
  EXPECT_EQ(why, "TLS: what the other side says is not TLS");
}

TEST_F(TlsClientTest, ServersThatLeaveInTheHandshakeAreToldSo) {
  const auto connector = client.tls(policy(Verify::pki));
  runtime.spawn(ask(*connector, std::make_unique<MemoryStream>(runtime, client_wire)));
  runtime.settle();
  client_wire.closed = true;
  client_wire.poke();
  runtime.settle();
  EXPECT_EQ(why, "peer closed");
}

TEST_F(TlsClientTest, WhatTheServerComplainsOfIsTold) {
  const auto connector = client.tls(policy(Verify::pki));
  runtime.spawn(ask(*connector, std::make_unique<MemoryStream>(runtime, client_wire)));
  runtime.settle();
  client_wire.to_server = std::string("\x15\x03\x03\x00\x02\x02\x28", 7);  // an alert: handshake_failure
  client_wire.poke();
  runtime.settle();
  EXPECT_EQ(why, "TLS: the other side says: handshake failure");
}

TEST_F(TlsClientTest, Tls12IsSpokenToo) {
  serve_as_of_old(TLS1_2_VERSION, "DEFAULT", good());
  EXPECT_EQ(talk(policy(Verify::pki)), "");
  EXPECT_EQ(spoken.substr(0, 7), "TLSv1.2");
  EXPECT_EQ(talk(policy(Verify::pki, "mx.example.org")),
            "TLS: the certificate is not for mx.example.org but for mail.example.org");
}

TEST_F(TlsClientTest, Tls11IsRefused) {
  serve_as_of_old(TLS1_1_VERSION, "DEFAULT", good());
  EXPECT_EQ(talk(policy(Verify::nothing)), "TLS: the other side says: protocol version");
}

// RFC 7435 3
TEST_F(TlsClientTest, ShortKeysAreBetterThanNothing) {
  Certificate::Options options;
  options.alternative_names = "DNS:mail.example.org";
  options.rsa_bits = 1024;
  serve_as_of_old(TLS1_2_VERSION, "DHE-RSA-AES128-SHA256", Certificate(options, &authority));
  EXPECT_EQ(talk(policy(Verify::nothing)), "");
  EXPECT_EQ(answer, "EHLO client.example.org");
  EXPECT_EQ(talk(policy(Verify::pki)), "TLS: the certificate cannot be trusted: EE certificate key too weak");
}

// The name of the SNI, in the hello as it is sent (RFC 6066 3).
TEST_F(TlsClientTest, TheServerIsToldItsName) {
  for (const char* const name : {"mail.example.org", "192.0.2.25", "2001:db8::25"}) {
    Wire wire;
    const auto connector = client.tls(policy(Verify::nothing, name));
    const auto stream = connector->start_tls(std::make_unique<MemoryStream>(runtime, wire));
    stream->send("hello");
    EXPECT_EQ(wire.to_client.find(name) != std::string::npos, std::string_view(name) == "mail.example.org")
        << name;
  }
}

}  // namespace
}  // namespace postroom
