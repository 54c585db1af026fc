// UvStream: see uv_stream.h.
#include "server/uv_stream.h"

#include <cassert>
#include <chrono>
#include <string>
#include <sys/socket.h>

namespace postroom {

namespace {

using Reason = ConnectionEnded::Reason;

constexpr std::chrono::seconds kLinger{2};
/// What arrived_ may keep for the next request rather than allocate anew; release_buffers() gives it back
/// too.
constexpr std::size_t kKeep = 4096;

struct PendingWrite {
  uv_write_t request;
  std::string bytes;
};

}  // namespace

/// What libuv's callbacks know. It outlives the stream until the handle is closed.
struct UvStream::Socket {
  uv_tcp_t tcp;
  UvStream* stream = nullptr;  // null: lingering or closing
  UvRuntime* runtime = nullptr;
  std::function<void()> closed;
  std::unique_ptr<PendingWrite> pending;
  std::unique_ptr<uv_connect_t> connecting;
  Signal* watcher = nullptr;  // of a socket that connects or lingers
  int read_error = 0;         // UV_EOF: the peer has closed its side
  int write_error = 0;
  bool reading = false;
  bool finished = false;  // FIN goes out after what is pending

  uv_stream_t* handle() { return reinterpret_cast<uv_stream_t*>(&tcp); }
  static Socket& of(void* handle) { return *static_cast<Socket*>(static_cast<uv_handle_t*>(handle)->data); }

  int connect(const sockaddr_storage& remote, const sockaddr_storage* local) noexcept;
  void connected(int status) noexcept;
  void start_reading() noexcept;
  void stop_reading() noexcept {
    uv_read_stop(handle());
    reading = false;
  }
  void arrived(ssize_t count, const uv_buf_t& bytes) noexcept;
  void write(std::string_view bytes);
  void written(int status) noexcept;
  void shut_down() noexcept;
  void tell() noexcept {
    if (stream != nullptr) stream->signal().raise();
    if (watcher != nullptr) watcher->raise();
  }
};

int UvStream::Socket::connect(const sockaddr_storage& remote, const sockaddr_storage* local) noexcept {
  uv_tcp_nodelay(&tcp, 1);
  if (local != nullptr) {
    const int error = uv_tcp_bind(&tcp, reinterpret_cast<const sockaddr*>(local), 0);
    if (error != 0) return error;
  }
  return uv_tcp_connect(connecting.get(), &tcp, reinterpret_cast<const sockaddr*>(&remote),
                        [](uv_connect_t* request, int status) { of(request->handle).connected(status); });
}

void UvStream::Socket::connected(int status) noexcept {
  connecting.reset();
  read_error = write_error = status;
  if (status == 0 && stream != nullptr) start_reading();
  tell();
  watcher = nullptr;
}

void UvStream::Socket::start_reading() noexcept {
  reading = true;
  uv_read_start(
      handle(),
      [](uv_handle_t* from, std::size_t, uv_buf_t* buffer) {
        Socket& socket = of(from);
        std::span<char> scratch = socket.runtime->scratch();
        if (socket.stream != nullptr)
          scratch = scratch.first(std::min(scratch.size(), socket.stream->arrived_.room()));
        *buffer = uv_buf_init(scratch.data(), static_cast<unsigned>(scratch.size()));
      },
      [](uv_stream_t* from, ssize_t count, const uv_buf_t* buffer) { of(from).arrived(count, *buffer); });
}

void UvStream::Socket::arrived(ssize_t count, const uv_buf_t& bytes) noexcept {
  if (count == 0) return;  // EAGAIN
  if (count < 0) {
    read_error = static_cast<int>(count);
    stop_reading();
    tell();
    return;
  }
  if (stream == nullptr) return;  // lingering: nobody wants it any more
  stream->arrived_.append(std::string_view(bytes.base, static_cast<std::size_t>(count)));
  if (stream->arrived_.room() == 0) stop_reading();
  tell();
}

void UvStream::Socket::write(std::string_view bytes) {
  pending = std::make_unique<PendingWrite>();
  pending->bytes = bytes;
  pending->request.data = this;
  const uv_buf_t buffer = uv_buf_init(pending->bytes.data(), static_cast<unsigned>(pending->bytes.size()));
  const int error = uv_write(&pending->request, handle(), &buffer, 1, [](uv_write_t* request, int status) {
    static_cast<Socket*>(request->data)->written(status);
  });
  if (error == 0) return;
  pending.reset();
  write_error = error;
}

void UvStream::Socket::written(int status) noexcept {
  pending.reset();
  if (status < 0) write_error = status;
  if (finished) shut_down();
  tell();
}

void UvStream::Socket::shut_down() noexcept {
  uv_os_fd_t descriptor = -1;
  if (uv_fileno(reinterpret_cast<uv_handle_t*>(&tcp), &descriptor) == 0) ::shutdown(descriptor, SHUT_WR);
}

void UvStream::CloseSocket::operator()(Socket* socket) const noexcept {
  socket->stream = nullptr;
  socket->watcher = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&socket->tcp), [](uv_handle_t* handle) {
    const std::unique_ptr<Socket> gone(&Socket::of(handle));
    if (gone->closed) gone->closed();
  });
}

/// A handle without a socket of the system's yet.
UvStream::SocketOwner UvStream::make_socket(UvRuntime& runtime) {
  auto made = std::make_unique<Socket>();
  made->runtime = &runtime;
  made->tcp.data = made.get();
  [[maybe_unused]] const int error = uv_tcp_init(runtime.loop(), &made->tcp);
  assert(error == 0 && "uv_tcp_init() asks the system for nothing");
  return SocketOwner(made.release());
}

std::unique_ptr<UvStream> UvStream::accept(UvRuntime& runtime, uv_tcp_t& listener,
                                           std::function<void()> closed) {
  SocketOwner socket = make_socket(runtime);
  socket->closed = std::move(closed);
  if (uv_accept(reinterpret_cast<uv_stream_t*>(&listener), socket->handle()) != 0) return nullptr;
  std::unique_ptr<UvStream> stream(new UvStream(runtime, std::move(socket)));
  stream->socket_->start_reading();
  return stream;
}

std::unique_ptr<UvStream> UvStream::connect(UvRuntime& runtime, const sockaddr_storage& remote,
                                            const sockaddr_storage* local, Signal& outcome) {
  std::unique_ptr<UvStream> stream(new UvStream(runtime, make_socket(runtime)));
  Socket& socket = *stream->socket_;
  socket.connecting = std::make_unique<uv_connect_t>();
  socket.watcher = &outcome;
  const int error = socket.connect(remote, local);
  if (error != 0) socket.connected(error);
  return stream;
}

std::optional<int> UvStream::connected() const {
  if (!socket_) return UV_ECANCELED;
  if (socket_->connecting) return std::nullopt;
  return socket_->write_error;
}

UvStream::UvStream(UvRuntime& runtime, SocketOwner socket) : Stream(runtime), socket_(std::move(socket)) {
  socket_->stream = this;
}

UvStream::~UvStream() {
  if (!socket_) return;
  socket_->stream = nullptr;
  const bool over = socket_->read_error != 0 || socket_->write_error != 0;
  if (socket_->finished && (socket_->pending || !over))
    runtime().spawn(linger(runtime(), std::move(socket_)));
}

Task<> UvStream::linger(Runtime& runtime, SocketOwner socket) {
  Signal ended(runtime);
  socket->watcher = &ended;
  if (!socket->reading && socket->read_error == 0) socket->start_reading();
  const TimePoint deadline = runtime.now() + kLinger;
  while (socket->write_error == 0 && (socket->pending || socket->read_error == 0)) {
    const Wake wake = co_await ended.wait(deadline);
    if (wake == Wake::deadline) break;
  }
  socket.reset();  // before `ended`, which it may raise
}

void UvStream::throw_if_over(int error) const {
  if (!socket_) throw ConnectionEnded(Reason::aborted, "connection ended by us");
  if (error == 0) return;
  const bool left = error == UV_EOF || error == UV_ECONNRESET || error == UV_EPIPE;
  throw ConnectionEnded(left ? Reason::peer_closed : Reason::failed, uv_strerror(error));
}

std::size_t UvStream::receive(Buffer& into) {
  throw_if_over(0);
  if (arrived_.empty()) {
    throw_if_over(socket_->read_error);
    return 0;
  }
  const std::size_t count = into.take(arrived_);
  if (arrived_.empty()) {
    if (arrived_.capacity() > kKeep) arrived_.shrink_if_empty();
    if (!socket_->reading && socket_->read_error == 0) socket_->start_reading();
  }
  return count;
}

std::size_t UvStream::send(std::string_view bytes) {
  throw_if_over(0);
  throw_if_over(socket_->write_error);
  if (bytes.empty() || socket_->pending) return 0;
  const uv_buf_t buffer = uv_buf_init(const_cast<char*>(bytes.data()), static_cast<unsigned>(bytes.size()));
  const int outcome = uv_try_write(socket_->handle(), &buffer, 1);
  if (outcome < 0 && outcome != UV_EAGAIN) {
    socket_->write_error = outcome;
    throw_if_over(outcome);
  }
  const std::size_t taken = outcome < 0 ? 0 : static_cast<std::size_t>(outcome);
  const std::string_view rest = bytes.substr(taken, kMaxPending);
  if (!rest.empty()) socket_->write(rest);
  throw_if_over(socket_->write_error);
  return taken + rest.size();
}

bool UvStream::sent() const { return !socket_ || !socket_->pending; }

void UvStream::finish() noexcept {
  if (!socket_ || socket_->finished) return;
  socket_->finished = true;
  if (!socket_->pending) socket_->shut_down();
}

void UvStream::abort() noexcept {
  socket_.reset();
  signal().raise();
}

void UvStream::release_buffers() noexcept { arrived_.shrink_if_empty(); }

bool UvStream::peer_name(sockaddr_storage& name) const {
  int length = sizeof name;
  return socket_ && uv_tcp_getpeername(&socket_->tcp, reinterpret_cast<sockaddr*>(&name), &length) == 0;
}

}  // namespace postroom
