// What the tests of server/ share: a client with a real socket, and a listener for it.
#pragma once

#include <arpa/inet.h>
#include <cstring>
#include <functional>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

#include "server/listener.h"

namespace postroom::testing {

/// A blocking client on loopback; every wait ends after 10 seconds.
class Client {
 public:
  explicit Client(std::uint16_t port) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{10, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { close(); }

  bool connected() const { return connected_; }
  int descriptor() const { return descriptor_; }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  /// Up to `size` bytes; fewer only when the server has closed.
  std::string receive(std::size_t size) {
    std::string bytes;
    while (bytes.size() < size) {
      char piece[65536];
      const ssize_t count = ::recv(descriptor_, piece, std::min(sizeof piece, size - bytes.size()), 0);
      if (count <= 0) break;
      bytes.append(piece, static_cast<std::size_t>(count));
    }
    return bytes;
  }
  /// Up to and with `text`, or until the server closes.
  std::string receive_until(std::string_view text) {
    std::string bytes;
    while (!bytes.ends_with(text)) {
      const std::string more = receive(1);
      if (more.empty()) break;
      bytes += more;
    }
    return bytes;
  }
  /// Everything until the server closes; `reset` when it did so without a FIN.
  std::string receive_all() {
    std::string bytes;
    char piece[65536];
    for (;;) {
      const ssize_t count = ::recv(descriptor_, piece, sizeof piece, 0);
      if (count <= 0) {
        reset = count < 0;
        return bytes;
      }
      bytes.append(piece, static_cast<std::size_t>(count));
    }
  }
  void finish() { ::shutdown(descriptor_, SHUT_WR); }
  void close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }

  bool reset = false;

 private:
  int descriptor_;
  bool connected_ = false;
};

/// A runtime with a listener on loopback. The client is a job on a lane, so that a test needs no thread of
/// its own.
class NetworkTest : public ::testing::Test {
 protected:
  /// Listens for `serve` and returns the port.
  std::uint16_t listen(Listeners::Serve serve) {
    const std::string address = listeners.listen("imap", {"127.0.0.1", 0}, std::move(serve));
    return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  }
  /// Runs the server while `client` runs, and until all sessions have ended.
  void run(std::function<void()> client) {
    runtime.spawn(listeners.run());
    runtime.spawn(drive(std::move(client)));
    runtime.run();
  }
  Task<> drive(std::function<void()> client) {
    co_await perform(runtime, Lane::checkpoint, client);
    listeners.close();
  }

  UvRuntime runtime{1};
  ConnectionLimits limits;
  Listeners listeners{runtime, limits};
};

}  // namespace postroom::testing
