// A TLS client by OpenSSL whose records a test carries to and fro.
#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <openssl/ssl.h>
#include <string>

#include "tests/support/memory_stream.h"

namespace postroom::testing {

/// The client's end of a Wire.
class TlsClient {
 public:
  explicit TlsClient(int version = TLS1_3_VERSION)
      : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
    SSL_CTX_set_min_proto_version(context_.get(), version);
    SSL_CTX_set_max_proto_version(context_.get(), version);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_.get());
  }
  SSL* ssl() { return ssl_.get(); }

  /// Moves records between client and wire; reads what can be read.
  void turn(Wire& wire) {
    BIO_write(SSL_get_rbio(ssl()), wire.to_client.data(), static_cast<int>(wire.to_client.size()));
    wire.to_client.clear();
    char piece[20000];
    int count = 0;
    while ((count = SSL_read(ssl(), piece, sizeof piece)) > 0)
      received.append(piece, static_cast<std::size_t>(count));
    closed = closed || SSL_get_error(ssl(), count) == SSL_ERROR_ZERO_RETURN;
    while ((count = BIO_read(SSL_get_wbio(ssl()), piece, sizeof piece)) > 0)
      wire.to_server.append(piece, static_cast<std::size_t>(count));
  }
  void send(const std::string& text) {
    EXPECT_EQ(SSL_write(ssl(), text.data(), static_cast<int>(text.size())), text.size());
  }
  /// New keys, and the wish that the server does the same (RFC 8446 4.6.3).
  void update_keys() {
    EXPECT_EQ(SSL_key_update(ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
    EXPECT_EQ(SSL_do_handshake(ssl()), 1);
  }

  std::string received;
  bool closed = false;  // by close_notify

 private:
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  std::unique_ptr<SSL, Free> ssl_;
};

}  // namespace postroom::testing
