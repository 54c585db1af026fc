// DeflateStream: what COMPRESS=DEFLATE makes of a connection (RFC 4978): both directions compressed, over any
// Stream.
//
// It never does more at once than a fraction of a millisecond's work: a peer whose few bytes become many, and
// a long answer, wait for their next turn of the loop, as if the rest had not come yet.
#pragma once

#include <memory>
#include <string>

#include "base/stream.h"
#include "server/deflate_codec.h"

namespace postroom {

class DeflateStream : public Stream {
 public:
  /// `unread` has arrived on `plain` and is to be decompressed before what comes: at most kMaxIn bytes.
  DeflateStream(std::unique_ptr<Stream>&& plain, std::string_view unread);
  ~DeflateStream() override;

  std::size_t receive(Buffer& into) override;
  std::size_t send(std::string_view bytes) override;
  bool sent() const override;
  void finish() noexcept override;
  void abort() noexcept override;
  void release_buffers() noexcept override;
  bool established() const override { return plain_->established(); }
  std::string channel_binding(std::string_view type) const override { return plain_->channel_binding(type); }
  std::string tls() const override { return plain_->tls(); }
  Compression compression() const override { return Compression::deflate; }

  /// As much as a session holds unread, or a UvStream hands over without a copy.
  static constexpr std::size_t kMaxIn = 128 << 10;

 private:
  /// Outlives the stream while the next turn of the loop is awaited.
  struct Turn {
    Signal* signal;  // null: the stream is gone
    bool over = false;
  };

  void push();
  void throw_if_over() const;
  void end_turn();
  static Task<> next_turn(Runtime& runtime, std::shared_ptr<Turn> turn);

  Deflater deflater_;
  Inflater inflater_;
  Buffer in_{kMaxIn};  // arrived, still compressed
  std::string out_;    // compressed, not yet taken by the plain stream
  std::shared_ptr<Turn> turn_;
  std::unique_ptr<Stream> plain_;
  bool over_ = false;
};

/// For imap::Options::compress.
std::unique_ptr<Stream> begin_deflate(std::unique_ptr<Stream>&& plain, std::string_view unread);

}  // namespace postroom
