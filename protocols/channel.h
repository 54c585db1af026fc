// LineChannel: how SMTP and POP3 talk. Lines come in, replies gather and go out together when the client has
// nothing more to say (RFC 2920 3.2), and the stream below is changed for a TLS one on STARTTLS and STLS.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "protocols/service.h"

namespace postroom {

class LineChannel {
 public:
  LineChannel(Connection connection, const Service& service)
      : service_(service),
        stream_(std::move(connection.stream)),
        pass_(service.gate, *stream_),
        in_(kInput),
        reader_(*stream_, in_) {}

  Stream& stream() { return *stream_; }
  const Stream& stream() const { return *stream_; }

  /// Waits until something has arrived. False: the server is stopping, nothing more is to be read.
  Task<bool> wait(TimePoint deadline) {
    while (!service_.gate.draining()) {
      if (!in_.empty()) co_return true;
      in_.shrink_if_empty();
      stream_->release_buffers();
      co_await stream_->read(in_, deadline);
    }
    co_return false;
  }

  /// The next line of at most `limit` bytes with its CRLF. Nothing: the server is stopping.
  Task<std::optional<Line>> line(std::size_t limit, TimePoint deadline) {
    if (++lines_ % kLinesInTurn == 0) {
      co_await give_way();
    }
    std::optional<Line> line;
    while (!service_.gate.draining() && !line) {
      line = co_await reader_.read(limit, deadline);
    }
    co_return line;
  }

  /// Some of what has arrived, for data that is no lines; waits for it, also while the server is stopping.
  /// Good until the next call that waits; consume() says how much of it was used.
  Task<std::string_view> bytes(TimePoint deadline) {
    const bool client_waits = in_.empty() && !out_.empty();
    if (client_waits) {
      co_await send(deadline);
    }
    while (in_.empty()) {
      in_.shrink_if_empty();
      stream_->release_buffers();
      co_await stream_->read(in_, deadline);
    }
    co_return in_.view();
  }
  void consume(std::size_t count) { in_.consume(count); }

  /// What has arrived and was not looked at.
  std::string_view unread() const { return in_.view(); }
  bool line_waiting() const { return unread().find("\r\n") != std::string_view::npos; }

  /// Lets all others have the loop for a turn: whoever says or asks for a lot at once does not hold them up.
  Task<> give_way() { co_await sleep_until(service_.runtime, service_.runtime.now()); }

  void put(std::string_view bytes) { out_ += bytes; }
  std::size_t unsent() const { return out_.size(); }

  /// Gives what was put to the stream.
  Task<> send(TimePoint deadline) {
    co_await stream_->write(out_, deadline);
    if (out_.capacity() > kKeep) std::string().swap(out_);
    out_.clear();
  }

  /// After the reply that lets the client begin; whatever it said before that is dropped (RFC 3207 4.2, 6).
  Task<> start_tls(TimePoint deadline) {
    co_await send(deadline);
    co_await stream_->flush(deadline);
    in_.clear();
    stream_ = service_.tls->start_tls(std::move(stream_));
    pass_.now_uses(*stream_);
    reader_.attach(*stream_);
  }

  /// The last word, and the end of the connection when it has gone out.
  Task<> close(TimePoint deadline) {
    co_await send(deadline);
    co_await stream_->flush(deadline);
    stream_->finish();
  }

  /// The same where nothing may wait any more: what the stream does not take at once is lost.
  void close_now(std::string_view last_word) noexcept {
    try {
      if (out_.empty()) stream_->send(last_word);
    } catch (const ConnectionEnded&) {
    }
    stream_->finish();
  }

 private:
  static constexpr std::size_t kInput = 64 << 10;
  static constexpr std::size_t kKeep = 256;
  /// A command that waits for nothing takes microseconds: of fifty connections that are full of them, all
  /// have their turn within a few milliseconds.
  static constexpr std::size_t kLinesInTurn = 16;

  const Service& service_;
  std::unique_ptr<Stream> stream_;
  Gate::Pass pass_;
  Buffer in_;
  LineReader reader_;
  std::string out_;
  std::size_t lines_ = 0;
};

}  // namespace postroom
