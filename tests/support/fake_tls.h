// FakeTls: what STARTTLS leads to in tests. Bytes pass as they are, and the stream says that it is under TLS.
#pragma once

#include "tests/support/passing_stream.h"

namespace postroom::testing {

class FakeTlsStream : public PassingStream {
 public:
  FakeTlsStream(std::unique_ptr<Stream> plain, Compression compression)
      : PassingStream(std::move(plain)), compression_(compression) {}

  std::string tls() const override { return "TLSv1.3 TLS_AES_256_GCM_SHA384"; }
  std::string channel_binding(std::string_view type) const override {
    return type == "tls-exporter" ? "a fake tls-exporter" : "";
  }
  Compression compression() const override { return compression_; }

 private:
  Compression compression_;
};

class FakeTls : public TlsAcceptor {
 public:
  bool compresses = false;  ///< TLS does (RFC 3749)

  /// Bytes that the client sent before the handshake and the session has not read would spoil a real
  /// handshake; here they are dropped, so that they are surely never taken for commands.
  std::unique_ptr<Stream> start_tls(std::unique_ptr<Stream>&& plain) override {
    Buffer dropped(1 << 16);
    while (plain->receive(dropped) > 0) dropped.clear();
    return std::make_unique<FakeTlsStream>(std::move(plain),
                                           compresses ? Stream::Compression::tls : Stream::Compression::none);
  }
};

}  // namespace postroom::testing
