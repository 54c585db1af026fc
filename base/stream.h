// Stream: the bytes to and from one peer. TCP, TLS over any Stream, and an in-memory pair for tests.
//
// receive() and send() never wait. What waits is the coroutine that owns the stream, on the stream's one
// Signal; others with news for that coroutine (a ChangeHub, a drain) raise the same Signal.
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/buffer.h"
#include "base/signal.h"

namespace postroom {

/// The peer is gone, too slow, or we ended it. Caught only by a session's root.
class ConnectionEnded : public std::runtime_error {
 public:
  enum class Reason {
    peer_closed,
    deadline,
    aborted,
    failed,
    untrusted,  ///< it is not who it should be, as its certificate says
    corrupt,    ///< what the peer sends cannot be understood any more; it can still be told so
  };
  ConnectionEnded(Reason reason, const std::string& what) : std::runtime_error(what), reason_(reason) {}
  Reason reason() const { return reason_; }

 private:
  Reason reason_;
};

class Stream {
 public:
  explicit Stream(Runtime& runtime) : own_signal_(std::in_place, runtime), signal_(&*own_signal_) {}
  /// A stream over another one waits on that one's signal.
  explicit Stream(Signal& signal) : signal_(&signal) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  virtual ~Stream() = default;

  /// Moves what has arrived to the end of `into`, never more than its room. 0: nothing yet, the signal will
  /// be raised when there is. Throws ConnectionEnded when the peer has closed or the stream was aborted.
  virtual std::size_t receive(Buffer& into) = 0;

  /// Takes bytes to be sent and says how many. 0: the peer is slow, the signal is raised when there is room.
  virtual std::size_t send(std::string_view bytes) = 0;

  /// True when everything taken has been handed to the kernel.
  virtual bool sent() const = 0;

  /// Says goodbye at stream level (TLS close_notify, TCP FIN) after what was taken has been sent. Never
  /// waits.
  virtual void finish() noexcept = 0;

  /// Ends the stream at once; whoever waits on it gets ConnectionEnded. Any time, any number of times.
  virtual void abort() noexcept = 0;

  /// Gives back memory that only matters while bytes flow; called before a wait that may be long.
  virtual void release_buffers() noexcept {}

  /// False until a handshake is done: nothing can be said to the peer yet.
  virtual bool established() const { return true; }

  /// "TLSv1.3 TLS_AES_256_GCM_SHA384", or empty on a plain stream.
  virtual std::string tls() const { return {}; }

  /// What only the two ends of this TLS connection know, of a type of channel binding ("tls-exporter");
  /// empty: the stream has none of that type (RFC 5056 2.1).
  virtual std::string channel_binding(std::string_view) const { return {}; }

  /// Which layer compresses what is sent: COMPRESS (RFC 4978) or TLS (RFC 3749).
  enum class Compression : std::uint8_t { none, deflate, tls };
  virtual Compression compression() const { return Compression::none; }

  Signal& signal() { return *signal_; }
  Runtime& runtime() { return signal_->runtime(); }

  // What sessions use; built on the above.

  /// Waits for bytes or for news: 0 means that the signal was raised by someone else.
  Task<std::size_t> read(Buffer& into, TimePoint deadline);

  /// Returns when the stream has taken all of `bytes`, which stay valid until then. A slow peer pushes back
  /// here.
  Task<> write(std::string_view bytes, TimePoint deadline);

  /// Returns when everything taken has gone to the kernel.
  Task<> flush(TimePoint deadline);

 private:
  std::optional<Signal> own_signal_;
  Signal* signal_;
};

/// One line of a line protocol, without its CRLF. A bare CR or LF is part of the text, never an end of line.
struct Line {
  Line() = default;
  std::string text;
  bool too_long = false;  ///< longer than the limit; it has been read to its end, and `text` is how it began
};

/// Reads lines from a stream, remembering an over-long one across calls.
class LineReader {
 public:
  LineReader(Stream& stream, Buffer& in) : stream_(&stream), in_(in) {}

  /// `limit` counts the CRLF (RFC 5321 4.5.3.1). Nothing: no line yet, more has to come, or the signal was
  /// raised by someone else; look, and read again. Throws ConnectionEnded, also after `kMaxDropped` bytes
  /// without an end of line.
  Task<std::optional<Line>> read(std::size_t limit, TimePoint deadline);

  /// After STARTTLS: the same buffer, another stream.
  void attach(Stream& stream) { stream_ = &stream; }

  static constexpr std::size_t kMaxDropped = 1 << 20;
  /// So much of an over-long line is kept: enough to see which command it was.
  static constexpr std::size_t kBeginning = 8;

 private:
  std::optional<Line> take(std::size_t limit);

  Stream* stream_;
  Buffer& in_;
  std::size_t searched_ = 0;  // bytes of in_ that hold no CRLF
  std::size_t dropped_ = 0;   // bytes of the current over-long line that are gone
  std::string beginning_;     // of that line
};

/// Reads exactly `count` bytes, in pieces of at most `in`'s limit handed to `sink(std::string_view)`, a
/// coroutine. Throws ConnectionEnded.
template <class Sink>
Task<> read_exactly(Stream& stream, Buffer& in, std::uint64_t count, TimePoint deadline, Sink& sink) {
  while (count > 0) {
    if (in.empty()) {
      co_await stream.read(in, deadline);
      continue;
    }
    const std::string_view piece = in.view().substr(0, count);
    co_await sink(piece);
    count -= piece.size();
    in.consume(piece.size());
  }
}

/// Who is at the other end.
struct Peer {
  Peer() = default;
  std::string address;  ///< "192.0.2.1" or "2001:db8::1"
  bool loopback = false;
  /// What counts as one peer where each may have its share: the bytes of its IPv4 address, or of the /64 that
  /// an IPv6 host has for itself. Empty for this machine.
  std::string origin;
};

/// Makes TLS out of a plain stream, as the server side. The handshake runs within the first reads.
class TlsAcceptor {
 public:
  virtual ~TlsAcceptor() = default;
  /// Throws ConnectionEnded, and std::bad_alloc; `plain` stays the caller's then.
  virtual std::unique_ptr<Stream> start_tls(std::unique_ptr<Stream>&& plain) = 0;
};

/// Makes TLS out of a plain stream, as the client side: the handshake runs within the first writes and reads,
/// which throw ConnectionEnded when the server is not who it should be.
class TlsConnector {
 public:
  virtual ~TlsConnector() = default;
  /// What has arrived on `plain` and was not received is dropped (RFC 3207 6).
  virtual std::unique_ptr<Stream> start_tls(std::unique_ptr<Stream>&& plain) = 0;
};

}  // namespace postroom
