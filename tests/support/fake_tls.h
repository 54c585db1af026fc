// FakeTls: what STARTTLS leads to in tests. Bytes pass as they are, and the stream says that it is under TLS.
#pragma once

#include <utility>

#include "base/stream.h"

namespace postroom::testing {

class FakeTlsStream : public Stream {
 public:
  explicit FakeTlsStream(std::unique_ptr<Stream> plain) : Stream(plain->signal()), plain_(std::move(plain)) {}

  std::size_t receive(Buffer& into) override { return plain_->receive(into); }
  std::size_t send(std::string_view bytes) override { return plain_->send(bytes); }
  bool sent() const override { return plain_->sent(); }
  void finish() noexcept override { plain_->finish(); }
  void abort() noexcept override { plain_->abort(); }
  void rest() noexcept override { plain_->rest(); }
  std::string tls() const override { return "TLSv1.3 TLS_AES_256_GCM_SHA384"; }

 private:
  std::unique_ptr<Stream> plain_;
};

class FakeTls : public TlsAcceptor {
 public:
  /// Bytes that the client sent before the handshake and the session has not read would spoil a real
  /// handshake; here they are dropped, so that they are surely never taken for commands.
  std::unique_ptr<Stream> accept(std::unique_ptr<Stream>&& plain) override {
    Buffer dropped(1 << 16);
    while (plain->receive(dropped) > 0) dropped.clear();
    return std::make_unique<FakeTlsStream>(std::move(plain));
  }
};

}  // namespace postroom::testing
