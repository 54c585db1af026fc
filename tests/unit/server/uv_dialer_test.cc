// server/uv_dialer.h over real sockets: all of 127/8 is this machine, so that one port has many addresses.
#include "server/uv_dialer.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <unistd.h>

#include "server/connection_counts.h"
#include "server/uv_address.h"

namespace postroom {
namespace {

using namespace std::chrono_literals;
using relay::Dialed;
using Addresses = std::vector<std::string>;

class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  Descriptor(Descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

sockaddr_storage name_of(const std::string& address, std::uint16_t port) {
  sockaddr_storage name{};
  EXPECT_EQ(parse_address(address, port, name), 0) << address;
  return name;
}

/// A server that the system answers for: connections are there before they are accepted.
class Server {
 public:
  explicit Server(const std::string& address, std::uint16_t wanted = 0, int backlog = 10)
      : name_(name_of(address, wanted)), socket_(::socket(name_.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto* const name = reinterpret_cast<sockaddr*>(&name_);
    socklen_t length = name_.ss_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    listens = ::bind(socket_.get(), name, length) == 0 && ::listen(socket_.get(), backlog) == 0;
    ::getsockname(socket_.get(), name, &length);
    const timeval patience{5, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }

  std::uint16_t port() const { return ntohs(reinterpret_cast<const sockaddr_in&>(name_).sin_port); }

  /// The next connection, and where it comes from.
  Descriptor accept() {
    sockaddr_storage name{};
    socklen_t length = sizeof name;
    Descriptor accepted(::accept4(socket_.get(), reinterpret_cast<sockaddr*>(&name), &length, SOCK_CLOEXEC));
    EXPECT_GE(accepted.get(), 0);
    from = describe_peer(name).address;
    return accepted;
  }

  /// Fills the queue: who connects from here on hears nothing.
  void go_deaf() {
    ASSERT_TRUE(listens);
    for (int i = 0; i < 8; ++i) {
      callers_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      ::connect(callers_.back().get(), reinterpret_cast<const sockaddr*>(&name_), sizeof name_);
    }
  }

  bool listens = false;
  std::string from;

 private:
  sockaddr_storage name_;
  Descriptor socket_;
  std::vector<Descriptor> callers_;
};

class UvDialerTest : public ::testing::Test {
 protected:
  /// What became of it, and within which time.
  Dialed dial(const Addresses& addresses, std::uint16_t port, Duration patience = 10s) {
    runtime.spawn(keep(addresses, port, patience));
    runtime.run();
    return std::move(dialed);
  }

  Task<> keep(Addresses addresses, std::uint16_t port, Duration patience) {
    co_await sleep_until(runtime, runtime.now());
    const TimePoint begin = runtime.now();
    dialed = co_await dialer->dial(std::move(addresses), port, begin + patience);
    took = runtime.now() - begin;
  }

  Task<> stop_soon() {
    co_await sleep_until(runtime, Clock::now() + 50ms);
    dialer->stop();
  }

  Task<> say(std::unique_ptr<Stream> stream, std::string text) {
    Buffer in(100);
    co_await stream->write(text, Clock::now() + 5s);
    while (in.size() < text.size()) co_await stream->read(in, Clock::now() + 5s);
    heard = in.view();
  }

  void use(const DialOptions& options) { dialer.emplace(runtime, tls, options); }

  UvRuntime runtime{1};
  const TlsClient tls{TlsClientOptions{}};
  std::optional<UvDialer> dialer{std::in_place, runtime, tls, DialOptions{}};
  Dialed dialed;
  Duration took{};
  std::string heard;
};

TEST_F(UvDialerTest, AConnectionIsAStream) {
  Server server("127.0.0.1");
  Dialed made = dial({"127.0.0.1"}, server.port());
  ASSERT_NE(made.stream, nullptr) << made.why;
  EXPECT_EQ(made.address, "127.0.0.1");
  EXPECT_EQ(made.why, "");
  const Descriptor other = server.accept();
  EXPECT_EQ(::send(other.get(), "hello", 5, MSG_NOSIGNAL), 5);
  runtime.spawn(say(std::move(made.stream), "there"));
  runtime.run();
  EXPECT_EQ(heard, "hello");
  char bytes[5];
  EXPECT_EQ(::recv(other.get(), bytes, sizeof bytes, MSG_WAITALL), 5);
  EXPECT_EQ(std::string_view(bytes, 5), "there");
}

TEST_F(UvDialerTest, ARefusalIsAValue) {
  const std::uint16_t port = Server("127.0.0.1").port();
  const Dialed made = dial({"127.0.0.1"}, port);
  EXPECT_EQ(made.stream, nullptr);
  EXPECT_EQ(made.why, "127.0.0.1: Connection refused");
}

Addresses many(std::size_t count) {
  Addresses addresses;
  for (std::size_t i = 1; i <= count; ++i) addresses.push_back("127.0.1." + std::to_string(i));
  return addresses;
}

TEST_F(UvDialerTest, AfterARefusalTheNextIsTriedAtOnce) {
  const Server server("127.0.1.15");
  const Dialed made = dial(many(15), server.port());
  ASSERT_NE(made.stream, nullptr) << made.why;
  EXPECT_EQ(made.address, "127.0.1.15");
  EXPECT_LT(took, 14 * UvDialer::kAttemptDelay / 2);
}

TEST_F(UvDialerTest, TheFirstRefusalIsTold) {
  const std::uint16_t port = Server("127.0.0.1").port();
  EXPECT_EQ(dial({"127.0.0.2", "127.0.0.1"}, port).why, "127.0.0.2: Connection refused");
}

// RFC 8305 5
TEST_F(UvDialerTest, AfterAQuarterSecondTheNextIsTriedToo) {
  Server good("127.0.0.2");
  Server deaf("127.0.0.1", good.port(), 0);
  deaf.go_deaf();
  const Dialed made = dial({"127.0.0.1", "127.0.0.2"}, good.port());
  ASSERT_NE(made.stream, nullptr) << made.why;
  EXPECT_EQ(made.address, "127.0.0.2");
  EXPECT_GE(took, UvDialer::kAttemptDelay);
  EXPECT_LT(took, 5s);
}

TEST_F(UvDialerTest, TheOtherConnectionsAreGivenUp) {
  Server good("127.0.0.3");
  Server deaf("127.0.0.1", good.port(), 0);
  Server deaf_too("127.0.0.2", good.port(), 0);
  deaf.go_deaf();
  deaf_too.go_deaf();
  for (int i = 0; i < 3; ++i) {
    const Dialed made = dial({"127.0.0.1", "127.0.0.2", "127.0.0.3"}, good.port());
    ASSERT_NE(made.stream, nullptr) << made.why;
    EXPECT_GE(took, 2 * UvDialer::kAttemptDelay);
  }
}

TEST_F(UvDialerTest, ADeadlineEndsIt) {
  Server deaf("127.0.0.1", 0, 0);
  deaf.go_deaf();
  EXPECT_EQ(dial({"127.0.0.1"}, deaf.port(), 50ms).why, "127.0.0.1: no answer in time");
  EXPECT_GE(took, 50ms);
  EXPECT_LT(took, 5s);
  const Dialed late = dial({"127.0.0.1"}, deaf.port(), -1s);
  EXPECT_EQ(late.stream, nullptr);
  EXPECT_EQ(late.why, "no time to connect");
}

TEST_F(UvDialerTest, StopEndsIt) {
  Server deaf("127.0.0.1", 0, 0);
  deaf.go_deaf();
  runtime.spawn(stop_soon());
  EXPECT_EQ(dial({"127.0.0.1"}, deaf.port()).why, "this server stops");
  EXPECT_LT(took, 5s);
  EXPECT_EQ(dial({"127.0.0.1"}, deaf.port()).why, "this server stops");
}

TEST_F(UvDialerTest, WhatIsNoAddressIsSkipped) {
  Server server("127.0.0.1");
  EXPECT_NE(dial({"mail.example.org", "127.0.0.1"}, server.port()).stream, nullptr);
  EXPECT_EQ(dial({"mail.example.org"}, server.port()).why, "mail.example.org: this is no address");
  EXPECT_EQ(dial({"1:2"}, server.port()).why, "1:2: this is no address");
  EXPECT_EQ(dial({""}, server.port()).why, ": this is no address");
  EXPECT_EQ(dial({}, server.port()).why, "no address");
  const std::uint16_t nobody = Server("127.0.0.1").port();
  EXPECT_EQ(dial({"mail.example.org", "127.0.0.1"}, nobody).why, "127.0.0.1: Connection refused");
}

TEST_F(UvDialerTest, SixteenAddressesAreEnough) {
  const Server seventeenth("127.0.1.17");
  EXPECT_EQ(dial(many(20), seventeenth.port()).why, "127.0.1.1: Connection refused");
  const Server sixteenth("127.0.1.16");
  EXPECT_EQ(dial(many(20), sixteenth.port()).address, "127.0.1.16");
}

// RFC 8305 4
TEST_F(UvDialerTest, TheFamiliesTakeTurns) {
  const Server third("127.0.1.2");
  Addresses addresses(20, "::1");  // where nobody listens
  for (const std::string& address : many(2)) addresses.push_back(address);
  EXPECT_EQ(dial(addresses, third.port()).address, "127.0.1.2");
}

TEST_F(UvDialerTest, Ipv6IsSpokenToo) {
  Server server("::1");
  if (!server.listens) GTEST_SKIP() << "this machine has no IPv6";
  use({"127.0.0.77", "::1"});
  const Dialed made = dial({"::1"}, server.port());
  ASSERT_NE(made.stream, nullptr) << made.why;
  EXPECT_EQ(made.address, "::1");
  server.accept();
  EXPECT_EQ(server.from, "::1");
}

TEST_F(UvDialerTest, ConnectionsComeFromTheSourceAddress) {
  Server server("127.0.0.1");
  use({"127.0.0.77", "::1"});
  const Dialed made = dial({"127.0.0.1"}, server.port());
  ASSERT_NE(made.stream, nullptr) << made.why;
  server.accept();
  EXPECT_EQ(server.from, "127.0.0.77");
}

TEST_F(UvDialerTest, ASourceAddressOfAnotherMachineIsTold) {
  const Server server("127.0.0.1");
  use({"192.0.2.1", ""});
  EXPECT_EQ(dial({"127.0.0.1"}, server.port()).why,
            "127.0.0.1: this machine has no address 192.0.2.1 to connect from");
}

TEST_F(UvDialerTest, ASourceAddressIsOfItsFamily) {
  EXPECT_THROW(use({"::1", ""}), std::runtime_error);
  EXPECT_THROW(use({"", "127.0.0.1"}), std::runtime_error);
  EXPECT_THROW(use({"mail.example.org", ""}), std::runtime_error);
}

}  // namespace
}  // namespace postroom
