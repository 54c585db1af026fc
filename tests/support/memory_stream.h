// MemoryStream: a session's stream whose other end is the test itself.
#pragma once

#include <algorithm>
#include <string>

#include "base/stream.h"

namespace postroom::testing {

/// What the test holds: it says what arrives and sees what was sent. Outlives the stream's session.
struct Wire {
  std::string to_server;                    ///< not yet received
  bool closed = false;                      ///< the client has closed its side
  std::string to_client;                    ///< sent and not yet looked at
  bool finished = false;                    ///< the server has closed
  std::size_t chunk = 1 << 16;              ///< the most one receive() or send() moves
  std::size_t send_room = ~std::size_t{0};  ///< how much the client still takes before it stops reading
  Stream* stream = nullptr;                 ///< null once the session has ended

  /// Call after changing to_server, closed or send_room.
  void poke() {
    if (stream) stream->signal().raise();
  }
};

class MemoryStream : public Stream {
 public:
  MemoryStream(Runtime& runtime, Wire& wire) : Stream(runtime), wire_(wire) { wire_.stream = this; }
  ~MemoryStream() override {
    wire_.stream = nullptr;
    wire_.finished = true;
  }

  std::size_t receive(Buffer& into) override {
    end_if_aborted();
    const std::size_t count = std::min({wire_.chunk, into.room(), wire_.to_server.size()});
    if (count == 0 && wire_.closed && wire_.to_server.empty())
      throw ConnectionEnded(ConnectionEnded::Reason::peer_closed, "peer closed");
    into.append(std::string_view(wire_.to_server).substr(0, count));
    wire_.to_server.erase(0, count);
    return count;
  }

  std::size_t send(std::string_view bytes) override {
    end_if_aborted();
    const std::size_t count = std::min({wire_.chunk, wire_.send_room, bytes.size()});
    wire_.to_client.append(bytes.substr(0, count));
    if (wire_.send_room != ~std::size_t{0}) wire_.send_room -= count;
    if (count > 0 && count < bytes.size()) signal().raise();
    return count;
  }

  bool sent() const override { return true; }
  void finish() noexcept override { wire_.finished = true; }
  void abort() noexcept override {
    aborted_ = true;
    signal().raise();
  }

 private:
  void end_if_aborted() const {
    if (aborted_) throw ConnectionEnded(ConnectionEnded::Reason::aborted, "aborted");
  }

  Wire& wire_;
  bool aborted_ = false;
};

}  // namespace postroom::testing
