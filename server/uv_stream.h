// UvStream: one TCP connection as a Stream.
//
// Reading is always on: bytes go through the runtime's one scratch buffer into `arrived_`, and receive()
// moves them on. It stops while `arrived_` is full, so a peer that sends faster than its session works is
// slowed by TCP. In steady state a request costs one read, one write and no epoll_ctl; an idle stream holds
// no buffer.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <uv.h>

#include "base/stream.h"
#include "server/uv_runtime.h"

namespace postroom {

class UvStream : public Stream {
 public:
  /// Takes the connection that waits at a listening handle; null when it is gone already. `closed` is called
  /// once, when the socket is given back to the system: that may be a little after the stream is destroyed.
  static std::unique_ptr<UvStream> accept(UvRuntime& runtime, uv_tcp_t& listener,
                                          std::function<void()> closed);

  /// Begins to connect to `remote`, from `local` where that is not null. `outcome`, which outlives the
  /// attempt, is raised when connected() knows what became of it. Whoever has no patience destroys the
  /// stream.
  static std::unique_ptr<UvStream> connect(UvRuntime& runtime, const sockaddr_storage& remote,
                                           const sockaddr_storage* local, Signal& outcome);
  /// 0, libuv's error, or nothing while connect() is under way; only after 0 there is a stream.
  std::optional<int> connected() const;

  /// After finish() the socket lingers until the peer has closed too, 2 seconds at most: bytes that come for
  /// a closed socket would make the system take back what the peer has not read yet.
  ~UvStream() override;

  std::size_t receive(Buffer& into) override;
  std::size_t send(std::string_view bytes) override;
  bool sent() const override;
  void finish() noexcept override;
  void abort() noexcept override;
  void release_buffers() noexcept override;

  /// The other end's address; false when it is gone already.
  bool peer_name(sockaddr_storage& name) const;

  /// Bytes that wait for their session before reading stops.
  static constexpr std::size_t kMaxArrived = 128 << 10;
  /// Bytes that wait for the peer before send() takes no more.
  static constexpr std::size_t kMaxPending = 256 << 10;

 private:
  struct Socket;
  struct CloseSocket {
    void operator()(Socket* socket) const noexcept;
  };
  using SocketOwner = std::unique_ptr<Socket, CloseSocket>;

  static SocketOwner make_socket(UvRuntime& runtime);

  UvStream(UvRuntime& runtime, SocketOwner socket);
  static Task<> linger(Runtime& runtime, SocketOwner socket);
  void throw_if_over(int error) const;

  Buffer arrived_{kMaxArrived};
  SocketOwner socket_;  // null: aborted
};

}  // namespace postroom
