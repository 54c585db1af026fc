// TlsStream: TLS over any Stream, by OpenSSL; either side of it.
//
// OpenSSL sees no socket: it reads and writes TlsRecords, by a BIO of ours that keeps no memory of its own.
// Records that go are handed to the plain stream at once; when that takes no more, send() takes no more
// either.
#pragma once

#include <memory>
#include <openssl/types.h>
#include <string>

#include "base/stream.h"

namespace postroom {

/// TLS records between OpenSSL and the plain stream.
struct TlsRecords {
  /// As much as a UvStream hands over without a copy.
  static constexpr std::size_t kMaxIn = 128 << 10;
  Buffer in{kMaxIn};   ///< arrived, not yet understood
  std::string out;     ///< made, not yet taken by the plain stream
  int handshakes = 0;  ///< messages of a handshake (KeyUpdate is one) since the last application data
};

struct FreeSsl {
  void operator()(SSL* ssl) const noexcept;
};
using Ssl = std::unique_ptr<SSL, FreeSsl>;

/// Before TLS begins by STARTTLS: drops what has arrived on `plain` and was not received. It was sent in the
/// clear, and so perhaps by someone else (RFC 3207 6, RFC 2595 2.2). Throws ConnectionEnded.
void drop_arrived(Stream& plain);

class TlsStream : public Stream {
 public:
  /// `ssl` knows whether it accepts or connects, and what the other side has to be. The handshake runs within
  /// the first receive() or send(). Throws std::bad_alloc, and `plain` stays the caller's.
  TlsStream(Ssl ssl, std::unique_ptr<Stream>&& plain);
  ~TlsStream() override;

  std::size_t receive(Buffer& into) override;
  std::size_t send(std::string_view bytes) override;
  bool sent() const override;
  void finish() noexcept override;
  void abort() noexcept override;
  void release_buffers() noexcept override;
  bool established() const override;
  std::string tls() const override;
  /// "tls-exporter".
  std::string channel_binding(std::string_view type) const override;
  Compression compression() const override;

 private:
  std::size_t decrypt(Buffer& into);
  bool shake_hands();
  void push();
  void push_alert();
  void throw_if_over() const;
  bool wants_more(int outcome);

  TlsRecords records_;
  Ssl ssl_;
  std::unique_ptr<Stream> plain_;
  bool over_ = false;  // OpenSSL must not be asked any more
};

}  // namespace postroom
