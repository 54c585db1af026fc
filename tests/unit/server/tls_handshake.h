// A handshake in memory of a TlsServer with a client.
#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <openssl/ssl.h>
#include <string>
#include <utility>

#include "server/tls_context.h"
#include "tests/support/memory_stream.h"
#include "tests/support/sim_runtime.h"
#include "tests/unit/server/certificates.h"
#include "tests/unit/server/tls_client.h"

namespace postroom::testing {

using Session = std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)>;

/// Certificate and key as files NAME.pem and NAME.key.
inline CertificateFiles write_files(const std::filesystem::path& folder, const std::string& name,
                                    const Certificate& certificate) {
  return {write_file(folder / (name + ".pem"), certificate.pem()),
          write_file(folder / (name + ".key"), certificate.key_pem())};
}

/// For some names, like "DNS:a.test,DNS:*.b.test".
inline Certificate certificate_for(const std::string& names, unsigned rsa_bits = 0, long ends = 3600) {
  Certificate::Options options;
  options.alternative_names = names;
  options.rsa_bits = rsa_bits;
  options.ends = ends;
  return Certificate(options);
}

class Handshake {
 public:
  explicit Handshake(int version = TLS1_3_VERSION) : client(version) {}

  /// False when it fails on either side. What the server sends at once, its tickets, arrives.
  bool with(TlsServer& server) {
    stream_ = server.start_tls(std::make_unique<MemoryStream>(runtime_, wire_));
    Buffer in(100);
    try {
      for (int i = 0; i < 5; ++i) {
        client.turn(wire_);
        stream_->receive(in);
      }
    } catch (const ConnectionEnded&) {
      client.turn(wire_);  // the alert
      return false;
    }
    client.turn(wire_);
    return SSL_is_init_finished(client.ssl()) == 1;
  }

  Handshake& ask_for(const std::string& name) {
    EXPECT_EQ(SSL_set_tlsext_host_name(client.ssl(), name.c_str()), 1);
    return *this;
  }
  Handshake& resume(const Session& session) {
    EXPECT_EQ(SSL_set_session(client.ssl(), session.get()), 1);
    return *this;
  }

  bool resumed() { return SSL_session_reused(client.ssl()) == 1; }
  /// To be resumed. OpenSSL would not, of a connection that was cut off.
  Session session() {
    SSL_set_shutdown(client.ssl(), SSL_SENT_SHUTDOWN);
    return {SSL_get1_session(client.ssl()), SSL_SESSION_free};
  }

  /// Is `certificate` what the server has shown?
  bool saw(const Certificate& certificate) {
    const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(client.ssl()),
                                                            X509_free);
    return shown && X509_cmp(shown.get(), certificate.x509()) == 0;
  }

 private:
  SimRuntime runtime_;
  Wire wire_;
  std::unique_ptr<Stream> stream_;

 public:
  TlsClient client;
};

}  // namespace postroom::testing
