// server/listener.h, server/connection_counts.h.
#include "server/listener.h"

#include <atomic>
#include <gtest/gtest.h>
#include <stdexcept>
#include <thread>

#include "tests/unit/server/support.h"

namespace postroom {
namespace {

using namespace std::chrono_literals;
using testing::Client;

sockaddr_storage name_of(const char* text) {
  sockaddr_storage name{};
  if (uv_ip4_addr(text, 1234, reinterpret_cast<sockaddr_in*>(&name)) == 0) return name;
  EXPECT_EQ(uv_ip6_addr(text, 1234, reinterpret_cast<sockaddr_in6*>(&name)), 0) << text;
  return name;
}

TEST(PeerTest, AddressesAreWrittenAsWhatTheyAre) {
  const std::pair<const char*, const char*> addresses[] = {
      {"192.0.2.1", "192.0.2.1"},
      {"::ffff:192.0.2.1", "192.0.2.1"},
      {"2001:db8:0:0:0:0:0:1", "2001:db8::1"},
      {"::1", "::1"},
  };
  for (const auto& [name, text] : addresses) EXPECT_EQ(describe_peer(name_of(name)).address, text);
}

TEST(PeerTest, LoopbackIsThisMachineOnly) {
  for (const char* name : {"127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"})
    EXPECT_TRUE(describe_peer(name_of(name)).loopback) << name;
  for (const char* name : {"128.0.0.1", "::2", "2001:db8::1", "::ffff:10.0.0.1", "fe80::1", "10.0.0.127"})
    EXPECT_FALSE(describe_peer(name_of(name)).loopback) << name;
}

TEST(PeerTest, AnIpv6HostCountsByItsNetwork) {
  const auto origin = [](const char* name) { return describe_peer(name_of(name)).origin; };
  EXPECT_EQ(origin("2001:db8:1:2::1"), origin("2001:db8:1:2:ffff::9"));
  EXPECT_NE(origin("2001:db8:1:2::1"), origin("2001:db8:1:3::1"));
  EXPECT_NE(origin("192.0.2.1"), origin("192.0.2.2"));
  EXPECT_EQ(origin("192.0.2.1"), origin("::ffff:192.0.2.1"));
  EXPECT_EQ(origin("127.0.0.1"), "");
}

TEST(ConnectionCountsTest, OneAddressCannotTakeAll) {
  ConnectionCounts counts(ConnectionLimits{.total = 5, .per_address = 2});
  EXPECT_TRUE(counts.enter("a"));
  EXPECT_TRUE(counts.enter("a"));
  EXPECT_FALSE(counts.enter("a"));
  EXPECT_TRUE(counts.enter("b"));
  EXPECT_TRUE(counts.enter(""));  // this machine
  EXPECT_TRUE(counts.enter(""));
  EXPECT_TRUE(counts.full());
  counts.leave("a");
  EXPECT_FALSE(counts.full());
  EXPECT_TRUE(counts.enter("a"));
  for (const char* origin : {"a", "a", "b", "", ""}) counts.leave(origin);
  EXPECT_EQ(counts.total(), 0U);
}

class ListenerTest : public testing::NetworkTest {
 protected:
  std::size_t sessions = 0;
  std::uint16_t port_ = 0;
  std::atomic<bool> told = false;

  Task<> raise_limit_when_told() {
    auto job = [this] {
      while (!told) std::this_thread::sleep_for(1ms);
    };
    co_await perform(runtime, Lane::compute, job);
    listeners.set_limits(ConnectionLimits{.total = 2, .per_address = 1});
  }
  std::uint16_t serve() {
    return listen([this](Connection connection) { runtime.spawn(greet(std::move(connection))); });
  }
  Task<> greet(Connection connection) {
    ++sessions;
    Buffer in(1024);
    try {
      co_await connection.stream->write("hello\r\n", runtime.now() + 10s);
      co_await connection.stream->read(in, runtime.now() + 10s);
    } catch (const ConnectionEnded&) {
    }
    --sessions;
  }
  std::string why_not(const Endpoint& endpoint) {
    try {
      listeners.listen("imap", endpoint, [](Connection) {});
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  }
};

TEST_F(ListenerTest, AtTheLimitConnectionsWaitForOneToLeave) {
  listeners.set_limits(ConnectionLimits{.total = 2, .per_address = 2});
  const std::uint16_t port = serve();
  run([&] {
    Client first(port);
    Client second(port);
    EXPECT_EQ(first.receive(7), "hello\r\n");
    EXPECT_EQ(second.receive(7), "hello\r\n");
    std::vector<std::unique_ptr<Client>> more;
    for (int i = 0; i < 20; ++i) {
      more.push_back(std::make_unique<Client>(port));
      EXPECT_TRUE(more.back()->connected());  // in the system's queue
    }
    char byte = 0;
    EXPECT_EQ(::recv(more[0]->descriptor(), &byte, 1, MSG_DONTWAIT), -1);
    first.close();
    second.close();
    for (const auto& client : more) {
      EXPECT_EQ(client->receive(7), "hello\r\n");
      client->close();
    }
  });
  EXPECT_EQ(sessions, 0U);
}

TEST_F(ListenerTest, AHigherLimitTakesEffectAtOnce) {
  listeners.set_limits(ConnectionLimits{.total = 1, .per_address = 1});
  const std::uint16_t port = serve();
  runtime.spawn(raise_limit_when_told());
  run([&] {
    Client first(port);
    EXPECT_EQ(first.receive(7), "hello\r\n");
    Client second(port);
    told = true;
    EXPECT_EQ(second.receive(7), "hello\r\n");
  });
}

TEST_F(ListenerTest, AfterCloseNobodyIsLetIn) {
  const std::uint16_t port = serve();
  run([&] {
    Client first(port);
    EXPECT_EQ(first.receive(7), "hello\r\n");
  });
  EXPECT_FALSE(Client(port).connected());
}

TEST_F(ListenerTest, WithoutMemoryForOneTheOthersAreServed) {
  int calls = 0;
  const std::uint16_t port = listen([&](Connection connection) {
    if (++calls == 1) throw std::bad_alloc();
    runtime.spawn(greet(std::move(connection)));
  });
  run([&] {
    EXPECT_EQ(Client(port).receive_all(), "");
    EXPECT_EQ(Client(port).receive(7), "hello\r\n");
  });
  EXPECT_EQ(calls, 2);
}

TEST_F(ListenerTest, WhoArrivesInTheTurnOfTheCloseIsNotServed) {
  bool served = false;
  const std::uint16_t port = listen([&](Connection) { served = true; });
  runtime.spawn(listeners.run());
  Client client(port);
  uv_run(runtime.loop(), UV_RUN_NOWAIT);
  listeners.close();
  runtime.run();
  EXPECT_FALSE(served);
  EXPECT_EQ(client.receive_all(), "");
}

TEST_F(ListenerTest, AcceptedSocketsSendAtOnceAndNoticeDeadPeers) {
  int no_delay = 0;
  int keep_alive = 0;
  const std::uint16_t port = listen([&](Connection) {
    // The newest descriptor is the connection's.
    for (int descriptor = 3; descriptor < 256; ++descriptor) {
      sockaddr_in peer{};
      socklen_t length = sizeof peer;
      if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &length) != 0) continue;
      sockaddr_in self{};
      length = sizeof self;
      ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&self), &length);
      if (ntohs(self.sin_port) != port_) continue;
      length = sizeof no_delay;
      ::getsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &no_delay, &length);
      ::getsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &keep_alive, &length);
    }
  });
  port_ = port;
  run([&] { EXPECT_EQ(Client(port).receive_all(), ""); });
  EXPECT_NE(no_delay, 0);
  EXPECT_NE(keep_alive, 0);
}

TEST_F(ListenerTest, SaysWhyItCannotListen) {
  const std::uint16_t port = serve();
  const std::string taken = why_not({"127.0.0.1", port});
  EXPECT_NE(taken.find("cannot listen on 127.0.0.1:" + std::to_string(port) +
                       " (listen.imap): address already in use"),
            std::string::npos)
      << taken;
  EXPECT_NE(taken.find("another program"), std::string::npos) << taken;
  const std::string foreign = why_not({"192.0.2.1", 0});
  EXPECT_NE(foreign.find("this machine has no such address"), std::string::npos) << foreign;
  EXPECT_NE(why_not({"nonsense", 0}), "");
}

TEST_F(ListenerTest, TheIpv6WildcardIsForIpv4Too) {
  std::string peer;
  std::string address;
  try {
    address =
        listeners.listen("imap", {"::", 0}, [&](Connection connection) { peer = connection.peer.address; });
  } catch (const std::runtime_error&) {
    GTEST_SKIP() << "no IPv6 here";
  }
  if (address.substr(0, 5) != "[::]:") GTEST_SKIP() << "no IPv6 here";
  run([&] { EXPECT_EQ(Client(static_cast<std::uint16_t>(std::stoi(address.substr(5)))).receive_all(), ""); });
  EXPECT_EQ(peer, "127.0.0.1");
}

}  // namespace
}  // namespace postroom
