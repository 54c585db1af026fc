#include "tests/bench/sink.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace postroom::bench {

Service::Service(int type)
    : fd_(socket(AF_INET, type | SOCK_CLOEXEC, 0)), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* bytes = reinterpret_cast<sockaddr*>(&address);
  if (bind(fd_, bytes, length) != 0 || getsockname(fd_, bytes, &length) != 0 ||
      (type == SOCK_STREAM && listen(fd_, 4096) != 0))
    throw std::runtime_error("there is no port for a service of the benchmark");
  port_ = ntohs(address.sin_port);
  watch(fd_);
}

Service::~Service() {
  close(fd_);
  close(epoll_);
}

void Service::watch(int fd) const {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
}

void Service::begin() {
  thread_ = std::thread([this] {
    epoll_event events[64];
    while (!over_) {
      const int count = epoll_wait(epoll_, events, 64, 100);
      for (int i = 0; i < count; ++i) readable(events[i].data.fd);
    }
  });
}

void Service::end() {
  over_ = true;
  thread_.join();
}

Sink::Sink() : Service(SOCK_STREAM) { begin(); }

Sink::~Sink() {
  end();
  for (const auto& [open, connection] : connections_) close(open);
}

Clock::time_point Sink::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

Clock::time_point Sink::arrival(std::uint64_t number) const {
  const std::lock_guard lock(mutex_);
  const auto found = arrivals_.find(number);
  return found == arrivals_.end() ? Clock::time_point{} : found->second;
}

void Sink::readable(int ready) {
  std::string out;
  if (ready == fd()) {
    const int accepted = accept4(fd(), nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted < 0) return;
    const int on = 1;
    setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connections_.try_emplace(accepted);
    watch(accepted);
    send(accepted, "220 sink.example ESMTP\r\n", 24, MSG_NOSIGNAL);
    return;
  }
  char bytes[65536];
  const ssize_t count = recv(ready, bytes, sizeof bytes, 0);
  Connection& connection = connections_.at(ready);
  if (count > 0) {
    connection.in.append(bytes, static_cast<std::size_t>(count));
    take(connection, out);
  }
  if (!out.empty()) send(ready, out.data(), out.size(), MSG_NOSIGNAL);
  if (count > 0 && !out.ends_with("221 Bye\r\n")) return;
  connections_.erase(ready);
  close(ready);
}

/// All commands that are whole, as they are pipelined (RFC 2920).
void Sink::take(Connection& connection, std::string& out) {
  std::string& in = connection.in;
  for (;;) {
    const std::size_t end = in.find(connection.content ? "\r\n.\r\n" : "\r\n");
    if (end == std::string::npos) return;
    if (connection.content) {
      note(std::string_view(in).substr(0, end));
      connection.content = false;
      out += "250 Taken\r\n";
      in.erase(0, end + 5);
      continue;
    }
    const std::string verb = in.substr(0, 4);
    in.erase(0, end + 2);
    connection.content = verb == "DATA";
    if (connection.content) {
      out += "354 Go on\r\n";
    } else if (verb == "EHLO") {
      out += "250-sink.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n";
    } else {
      out += verb == "QUIT" ? "221 Bye\r\n" : "250 OK\r\n";
    }
  }
}

void Sink::note(std::string_view message) {
  constexpr std::string_view kBefore = "\r\nSubject: Figure ";
  const auto now = Clock::now();
  const std::size_t at = message.find(kBefore);
  const std::lock_guard lock(mutex_);
  last_ = now;
  if (at != std::string_view::npos)
    arrivals_.emplace(std::strtoull(message.data() + at + kBefore.size(), nullptr, 10), now);
  ++messages_;
}

DeadNames::DeadNames() : Service(SOCK_DGRAM) { begin(); }

DeadNames::~DeadNames() { end(); }

void DeadNames::readable(int ready) {
  char bytes[4096];
  sockaddr_in peer{};
  socklen_t length = sizeof peer;
  const ssize_t count = recvfrom(ready, bytes, sizeof bytes, 0, reinterpret_cast<sockaddr*>(&peer), &length);
  if (count < 12) return;
  ++questions_;
  bytes[2] = static_cast<char>(bytes[2] | 0x80);  // a response
  bytes[3] = static_cast<char>(0x80 | 2);         // recursion is available; SERVFAIL
  sendto(ready, bytes, static_cast<std::size_t>(count), 0, reinterpret_cast<const sockaddr*>(&peer), length);
}

}  // namespace postroom::bench
