// ClientChannel: how the client talks: bytes go out, replies come in, and what the server says while it is
// being written to is not missed. That the connection ends is no exception here but a reply,
// RemoteReply::lost().
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/stream.h"
#include "protocols/smtp/remote_reply.h"

namespace postroom::smtp {

class ClientChannel {
 public:
  explicit ClientChannel(std::unique_ptr<Stream> stream)
      : stream_(std::move(stream)), runtime_(stream_->runtime()), in_(kInput) {}

  /// What say() does about a reply that comes while it waits.
  enum class Meanwhile {
    keep,  ///< it is for later
    stop,  ///< says no more
  };
  /// Returns when the stream has taken all of `bytes`. False: it has not, and nothing more can be said; a
  /// reply may still tell why.
  Task<bool> say(std::string_view bytes, TimePoint deadline, Meanwhile meanwhile = Meanwhile::keep);
  /// The next reply; `to` tells people to what. Ours when none can come any more, and then the channel is
  /// over.
  Task<RemoteReply> reply(std::string_view to, TimePoint deadline);
  /// Has the server said something, or left, though nothing was asked? reply() tells what.
  bool spoke();
  /// Without codes, of the last reply().
  const std::vector<std::string>& lines() const { return lines_; }

  /// Changes the stream for a TLS one; whatever came before is dropped (RFC 3207 4.2, 6). False: the channel
  /// is over.
  bool start_tls(TlsConnector& tls);
  bool handshake_done() const { return stream_ && stream_->established(); }
  std::string tls() const { return stream_ ? stream_->tls() : std::string(); }

  /// Nothing more can be said or heard.
  bool over() const { return over_; }
  /// The server has said that it closes: 421 (RFC 5321 3.8).
  bool closing() const { return closing_; }
  /// Why it is over.
  const std::string& why() const { return why_; }
  /// It ended because the server did not show that it is who it should be.
  bool untrusted() const { return untrusted_; }

  /// Says goodbye at stream level.
  void finish() noexcept;
  /// Ends it at once; whoever waits gets RemoteReply::lost().
  void abort() noexcept;

  TimePoint in(Duration time) const { return runtime_.now() + time; }

 private:
  Task<> read(TimePoint deadline);
  Task<> write(std::string_view& bytes, TimePoint deadline, Meanwhile meanwhile);
  bool heard();
  void broke(const ConnectionEnded& ended);

  static constexpr std::size_t kInput = 64 << 10;
  /// After a write that failed: a server that refuses in the middle of a message and closes has said why
  /// before.
  static constexpr std::chrono::seconds kLastWords{5};

  std::unique_ptr<Stream> stream_;
  Runtime& runtime_;
  Buffer in_;
  ReplyParser parser_;
  std::vector<std::string> lines_;
  bool broken_ = false;  // nothing can be said any more
  bool over_ = false;
  bool closing_ = false;
  std::string why_;
  bool untrusted_ = false;
};

}  // namespace postroom::smtp
