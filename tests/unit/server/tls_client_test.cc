// server/tls_client.h: our client against our server in memory, with certificates of all kinds.
#include "server/tls_client.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "server/tls_context.h"
#include "tests/support/await.h"
#include "tests/support/memory_stream.h"
#include "tests/support/sim_runtime.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/server/certificates.h"

namespace postroom {
namespace {

using relay::TlsPolicy;
using testing::Certificate;
using testing::MemoryStream;
using testing::SimRuntime;
using testing::TemporaryFolder;
using testing::Wire;
using testing::write_file;
using Verify = TlsPolicy::Verify;

constexpr long kDay = 24 * 3600;

class TlsClientTest : public ::testing::Test {
 protected:
  /// A server with this certificate, which also sends `chain` (PEM), waits for a client.
  void serve(const Certificate& certificate, const std::string& chain = "") {
    const auto file = write_file(folder.path() / "server.pem", certificate.pem() + chain);
    const auto key = write_file(folder.path() / "server.key", certificate.key_pem());
    server.use(load_tls_context(file, key));
  }

  /// A server of old: TLS `version` at most, and nothing is too weak.
  void serve_as_of_old(int version, const char* ciphers, const Certificate& certificate) {
    const TlsContext context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_min_proto_version(context.get(), version);
    SSL_CTX_set_max_proto_version(context.get(), version);
    EXPECT_EQ(SSL_CTX_set_cipher_list(context.get(), ciphers), 1);
    SSL_CTX_set_dh_auto(context.get(), 1);
    EXPECT_EQ(SSL_CTX_use_certificate(context.get(), certificate.x509()), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey(context.get(), certificate.key()), 1);
    server.use(context);
  }

  /// Talks with the server; what the client throws, or "" when all was well.
  std::string talk(const TlsPolicy& policy) {
    const auto connector = client.tls(policy);
    return talk(*connector);
  }
  std::string talk(TlsConnector& connector) {
    why.clear();
    answer.clear();
    auto plain = server.start_tls(std::make_unique<MemoryStream>(runtime, server_wire));
    runtime.spawn(echo(std::move(plain)));
    runtime.spawn(ask(connector, std::make_unique<MemoryStream>(runtime, client_wire)));
    settle();
    server_wire.closed = true;
    server_wire.poke();
    runtime.settle();
    server_wire = client_wire = Wire();
    return why;
  }

  void settle() {
    for (bool progress = true; progress;) {
      runtime.settle();
      progress = !client_wire.to_client.empty() || !server_wire.to_client.empty();
      server_wire.to_server += std::exchange(client_wire.to_client, {});
      client_wire.to_server += std::exchange(server_wire.to_client, {});
      server_wire.poke();
      client_wire.poke();
    }
  }

  static Task<> echo(std::unique_ptr<Stream> stream) {
    Buffer in(5000);
    try {
      for (;;) {
        co_await stream->read(in, kNever);
        co_await stream->write(in.view(), kNever);
        in.clear();
      }
    } catch (const ConnectionEnded&) {
      // The client has left.
    }
  }

  Task<> ask(TlsConnector& connector, std::unique_ptr<Stream> plain) {
    Buffer in(5000);
    try {
      const std::unique_ptr<Stream> stream = connector.start_tls(std::move(plain));
      co_await stream->write("EHLO client.example.org", kNever);
      while (in.size() < 23) co_await stream->read(in, kNever);
      answer = in.view();
      spoken = stream->tls();
      stream->finish();
    } catch (const ConnectionEnded& end) {
      why = end.what();
    }
  }

  static TlsPolicy policy(Verify verify, std::string name = "mail.example.org") {
    TlsPolicy made;
    made.verify = verify;
    made.server_name = name;
    made.names.push_back(std::move(name));
    return made;
  }
  static TlsPolicy dane(std::vector<relay::Tlsa> records, std::string name = "mail.example.org") {
    TlsPolicy made = policy(Verify::dane, std::move(name));
    made.tlsa = std::move(records);
    return made;
  }

  Certificate leaf(const std::string& names, long ends = kDay) const {
    Certificate::Options options;
    options.common_name = "mail.example.org";
    options.alternative_names = names;
    options.ends = ends;
    options.begins = std::min(-3600L, ends - kDay);
    return Certificate(options, &authority);
  }
  Certificate good() const { return leaf("DNS:mail.example.org"); }

  static Certificate make_authority(const std::string& name) {
    Certificate::Options options;
    options.common_name = name;
    options.authority = true;
    return Certificate(options);
  }

  const TemporaryFolder folder;
  const Certificate authority = make_authority("Authority");
  const TlsClient client{{write_file(folder.path() / "authorities.pem", authority.pem()).string()}};
  TlsServer server;
  SimRuntime runtime;
  Wire server_wire;
  Wire client_wire;
  std::string why;
  std::string answer;
  std::string spoken;
};

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

// RFC 7672 3.1.1: neither name nor date nor authority.
TEST_F(TlsClientTest, DaneEeIsTheKeyAlone) {
  Certificate::Options options;
  options.alternative_names = "DNS:other.example.net";
  options.begins = -20 * kDay;
  options.ends = -10 * kDay;
  const Certificate own(options);
  serve(own);
  EXPECT_EQ(talk(dane({own.tlsa(3)})), "");
  EXPECT_EQ(answer, "EHLO client.example.org");
  const Certificate changed(options);
  EXPECT_EQ(talk(dane({changed.tlsa(3)})), "TLS: the certificate does not match the TLSA record");
  EXPECT_EQ(talk(dane({changed.tlsa(3), own.tlsa(3)})), "");
}

TEST_F(TlsClientTest, AnAuthorityIsNoneForDane) {
  serve(good());
  EXPECT_EQ(talk(policy(Verify::pki)), "");
  EXPECT_EQ(talk(dane({make_authority("Other").tlsa(2)})),
            "TLS: the certificate does not match the TLSA record");
  EXPECT_EQ(talk(dane({make_authority("Other").tlsa(3)})),
            "TLS: the certificate does not match the TLSA record");
}

// RFC 7672 3.1.2
TEST_F(TlsClientTest, DaneTaVouchesForItsOwn) {
  const Certificate anchor = make_authority("Anchor");
  Certificate::Options options;
  options.alternative_names = "DNS:mail.example.org";
  serve(Certificate(options, &anchor), anchor.pem());
  EXPECT_EQ(talk(dane({anchor.tlsa(2)})), "");
  EXPECT_EQ(talk(dane({anchor.tlsa(2)}, "mx.example.org")),
            "TLS: the certificate is not for mx.example.org but for mail.example.org");
  EXPECT_EQ(talk(dane({authority.tlsa(2)})), "TLS: the certificate does not match the TLSA record");
  options.begins = -20 * kDay;
  options.ends = -10 * kDay;
  serve(Certificate(options, &anchor), anchor.pem());
  EXPECT_EQ(talk(dane({anchor.tlsa(2)})).substr(0, 35), "TLS: the certificate has expired on");
}

// RFC 7672 3.2.3
TEST_F(TlsClientTest, DaneTaTakesACommonNameWhereThereIsNoOther) {
  serve(leaf(""), authority.pem());
  EXPECT_EQ(talk(dane({authority.tlsa(2)})), "");
  serve(leaf("DNS:other.example.net"), authority.pem());
  EXPECT_NE(talk(dane({authority.tlsa(2)})), "");
}

// RFC 7672 3.1.3
TEST_F(TlsClientTest, TheOtherUsagesCannotBeUsed) {
  const Certificate own = good();
  serve(own);
  EXPECT_EQ(talk(dane({own.tlsa(1), authority.tlsa(0)})), "TLS: no TLSA record can be used");
  EXPECT_EQ(talk(dane({})), "TLS: no TLSA record can be used");
  relay::Tlsa garbage = own.tlsa(3);
  garbage.matching = 0;
  garbage.data = "no key";
  EXPECT_EQ(talk(dane({garbage})), "TLS: no TLSA record can be used");
  EXPECT_EQ(talk(dane({garbage, own.tlsa(3)})), "");
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
