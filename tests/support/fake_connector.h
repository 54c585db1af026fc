// FakeConnector: the TLS of a client in tests.
#pragma once

#include "tests/support/passing_stream.h"

namespace postroom::testing {

/// TLS that changes no byte, or whose handshake fails.
class FakeConnector : public TlsConnector {
 public:
  bool gone = false;  ///< the server is, before the handshake
  bool fails = false;
  bool never_ends = false;

  std::unique_ptr<Stream> start_tls(std::unique_ptr<Stream>&& plain) override {
    if (gone) throw ConnectionEnded(ConnectionEnded::Reason::peer_closed, "peer closed");
    return std::make_unique<Tls>(std::move(plain), *this);
  }

 private:
  class Tls : public PassingStream {
   public:
    Tls(std::unique_ptr<Stream> plain, const FakeConnector& connector)
        : PassingStream(std::move(plain)), fails_(connector.fails), never_ends_(connector.never_ends) {}
    std::size_t receive(Buffer& into) override {
      if (fails_) throw ConnectionEnded(ConnectionEnded::Reason::untrusted, "certificate has expired");
      return PassingStream::receive(into);
    }
    std::size_t send(std::string_view bytes) override {
      if (never_ends_) return PassingStream::send({});
      return PassingStream::send(bytes);
    }
    bool established() const override { return !fails_ && !never_ends_; }
    std::string tls() const override { return established() ? "TLSv1.3 TLS_AES_256_GCM_SHA384" : ""; }

   private:
    bool fails_, never_ends_;
  };
};

}  // namespace postroom::testing
