// Our TLS client against our TLS server in memory, with certificates of all kinds.
#pragma once

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "server/tls_client.h"
#include "server/tls_context.h"
#include "tests/support/memory_stream.h"
#include "tests/support/sim_runtime.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/server/certificates.h"

namespace postroom::testing {

inline constexpr long kDay = 24 * 3600;

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
  std::string talk(const relay::TlsPolicy& policy) {
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

  static relay::TlsPolicy policy(relay::TlsPolicy::Verify verify, std::string name = "mail.example.org") {
    relay::TlsPolicy made;
    made.verify = verify;
    made.server_name = name;
    made.names.push_back(std::move(name));
    return made;
  }
  static relay::TlsPolicy dane(std::vector<relay::Tlsa> records, std::string name = "mail.example.org") {
    relay::TlsPolicy made = policy(relay::TlsPolicy::Verify::dane, std::move(name));
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

}  // namespace postroom::testing
