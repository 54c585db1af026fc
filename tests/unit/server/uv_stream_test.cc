// server/uv_stream.h over real sockets.
#include "server/uv_stream.h"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>

#include "tests/unit/server/support.h"

namespace postroom {
namespace {

using namespace std::chrono_literals;
using Reason = ConnectionEnded::Reason;
using testing::Client;

class UvStreamTest : public testing::NetworkTest {
 public:
  /// What the session saw, for after run().
  std::string received;
  std::optional<Reason> ended;
  std::size_t first_receive = 0;
  std::atomic<bool> go = false;

  /// Listens for a session of this test.
  std::uint16_t serve(Task<> (UvStreamTest::*session)(Connection)) {
    return listen(
        [this, session](Connection connection) { runtime.spawn((this->*session)(std::move(connection))); });
  }
  /// Waits on a lane until the client says go.
  Task<> until_go() {
    auto job = [this] {
      while (!go) std::this_thread::sleep_for(1ms);
    };
    co_await perform(runtime, Lane::compute, job);
  }

  Task<> echo(Connection connection);
  Task<> collect(Connection connection);
  Task<> send_much(Connection connection);
  Task<> receive_late(Connection connection);
  Task<> say_goodbye(Connection connection);
  Task<> answer_after_end(Connection connection);
  Task<> abort_in_read(Connection connection);
  Task<> abort_in_write(Connection connection);
  Task<> look(Connection connection);

  static constexpr std::size_t kMuch = 20 << 20;
};

Task<> UvStreamTest::echo(Connection connection) {
  Stream& stream = *connection.stream;
  Buffer in(64 << 10);
  try {
    for (;;) {
      co_await stream.read(in, runtime.now() + 10s);
      co_await stream.write(in.view(), runtime.now() + 10s);
      in.clear();
    }
  } catch (const ConnectionEnded& end) {
    ended = end.reason();
  }
  stream.finish();
}

TEST_F(UvStreamTest, BytesGoBothWays) {
  const std::uint16_t port = serve(&UvStreamTest::echo);
  run([&] {
    Client client(port);
    for (int i = 0; i < 100; ++i) {
      EXPECT_TRUE(client.send("ping " + std::to_string(i)));
      EXPECT_EQ(client.receive(6 + (i > 9)), "ping " + std::to_string(i));
    }
    client.finish();
    EXPECT_EQ(client.receive_all(), "");
    EXPECT_FALSE(client.reset);
  });
  EXPECT_EQ(ended, Reason::peer_closed);
}

TEST_F(UvStreamTest, ManyConnectionsAtOnce) {
  const std::uint16_t port = serve(&UvStreamTest::echo);
  run([&] {
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 200; ++i) clients.push_back(std::make_unique<Client>(port));
    for (const auto& client : clients) EXPECT_TRUE(client->send("hello"));
    for (const auto& client : clients) EXPECT_EQ(client->receive(5), "hello");
  });
}

Task<> UvStreamTest::collect(Connection connection) {
  Buffer in(64 << 10);
  try {
    for (;;) {
      co_await connection.stream->read(in, runtime.now() + 10s);
      received.append(in.view());
      in.clear();
    }
  } catch (const ConnectionEnded& end) {
    ended = end.reason();
  }
}

TEST_F(UvStreamTest, WhatCameBeforeTheEndIsDelivered) {
  const std::uint16_t port = serve(&UvStreamTest::collect);
  const std::string text(3 << 20, 'x');
  run([&] {
    Client client(port);
    EXPECT_TRUE(client.send(text));
    client.finish();
    EXPECT_EQ(client.receive_all(), "");
  });
  EXPECT_TRUE(received == text);
  EXPECT_EQ(ended, Reason::peer_closed);
}

Task<> UvStreamTest::send_much(Connection connection) {
  const std::string text(kMuch, 'y');
  const std::size_t taken = connection.stream->send(text);
  // The kernel's buffers and a quarter of a megabyte of ours, and no more while the peer does not read.
  EXPECT_LT(taken, kMuch);
  EXPECT_EQ(connection.stream->send("more"), 0U);
  EXPECT_FALSE(connection.stream->sent());
  go = true;
  co_await connection.stream->write(std::string_view(text).substr(taken), runtime.now() + 10s);
  co_await connection.stream->flush(runtime.now() + 10s);
  EXPECT_TRUE(connection.stream->sent());
  connection.stream->finish();
}

TEST_F(UvStreamTest, ASlowReaderPushesBack) {
  const std::uint16_t port = serve(&UvStreamTest::send_much);
  run([&] {
    Client client(port);
    while (!go) std::this_thread::sleep_for(1ms);
    EXPECT_TRUE(client.receive_all() == std::string(kMuch, 'y'));
    EXPECT_FALSE(client.reset);
  });
}

Task<> UvStreamTest::receive_late(Connection connection) {
  co_await until_go();
  Buffer in(1 << 20);
  first_receive = connection.stream->receive(in);
  received.append(in.view());
  in.clear();
  co_await collect(std::move(connection));
}

TEST_F(UvStreamTest, AFastSenderIsHeldBack) {
  const std::uint16_t port = serve(&UvStreamTest::receive_late);
  std::string text;
  for (int i = 0; text.size() < kMuch; ++i) text += std::to_string(i) + " ";
  run([&] {
    Client client(port);
    EXPECT_TRUE(client.send(std::string_view(text).substr(0, 1 << 20)));
    go = true;
    EXPECT_TRUE(client.send(std::string_view(text).substr(1 << 20)));
    client.finish();
    EXPECT_EQ(client.receive_all(), "");
  });
  EXPECT_LE(first_receive, UvStream::kMaxArrived);
  EXPECT_TRUE(received == text);
}

Task<> UvStreamTest::say_goodbye(Connection connection) {
  Buffer in(1024);
  co_await connection.stream->read(in, runtime.now() + 10s);
  co_await connection.stream->write("221 goodbye\r\n", runtime.now() + 10s);
  connection.stream->finish();
}

// A client that still talks when we say goodbye must be able to read it: closing a socket with unread bytes
// would reset the connection and take the goodbye back.
TEST_F(UvStreamTest, TheGoodbyeArrivesThoughTheClientTalksOn) {
  const std::uint16_t port = serve(&UvStreamTest::say_goodbye);
  run([&] {
    Client client(port);
    EXPECT_TRUE(client.send("QUIT\r\n"));
    // Well within the two seconds for which the server listens to it, on a busy machine too.
    for (int i = 0; i < 10; ++i) {
      EXPECT_TRUE(client.send(std::string(50000, 'x')));
      std::this_thread::sleep_for(1ms);
    }
    EXPECT_EQ(client.receive_all(), "221 goodbye\r\n");
    EXPECT_FALSE(client.reset);
  });
}

Task<> UvStreamTest::answer_after_end(Connection connection) {
  Buffer in(1024);
  try {
    for (;;) {
      co_await connection.stream->read(in, runtime.now() + 10s);
    }
  } catch (const ConnectionEnded& end) {
    ended = end.reason();
  }
  co_await connection.stream->write("answer to " + std::string(in.view()), runtime.now() + 10s);
  connection.stream->finish();
}

TEST_F(UvStreamTest, AClientThatClosedItsSideIsStillAnswered) {
  const std::uint16_t port = serve(&UvStreamTest::answer_after_end);
  run([&] {
    Client client(port);
    EXPECT_TRUE(client.send("question"));
    client.finish();
    EXPECT_EQ(client.receive_all(), "answer to question");
    EXPECT_FALSE(client.reset);
  });
}

Task<> abort_soon(Runtime& runtime, Stream& stream) {
  co_await sleep_until(runtime, runtime.now() + 5ms);
  stream.abort();
  stream.abort();
}

Task<> UvStreamTest::abort_in_read(Connection connection) {
  Buffer in(1024);
  runtime.spawn(abort_soon(runtime, *connection.stream));
  try {
    co_await connection.stream->read(in, kNever);
  } catch (const ConnectionEnded& end) {
    ended = end.reason();
  }
  EXPECT_THROW(connection.stream->send("x"), ConnectionEnded);
  connection.stream->finish();
}

Task<> UvStreamTest::abort_in_write(Connection connection) {
  const std::string text(kMuch, 'z');
  runtime.spawn(abort_soon(runtime, *connection.stream));
  try {
    co_await connection.stream->write(text, kNever);
  } catch (const ConnectionEnded& end) {
    ended = end.reason();
  }
  go = true;
}

TEST_F(UvStreamTest, AbortEndsARead) {
  const std::uint16_t port = serve(&UvStreamTest::abort_in_read);
  run([&] { EXPECT_EQ(Client(port).receive_all(), ""); });
  EXPECT_EQ(ended, Reason::aborted);
}

TEST_F(UvStreamTest, AbortEndsAWrite) {
  const std::uint16_t port = serve(&UvStreamTest::abort_in_write);
  run([&] {
    Client client(port);
    while (!go) std::this_thread::sleep_for(1ms);
    EXPECT_LT(client.receive_all().size(), kMuch);
  });
  EXPECT_EQ(ended, Reason::aborted);
}

TEST_F(UvStreamTest, AResetByThePeerEndsTheSession) {
  const std::uint16_t port = serve(&UvStreamTest::echo);
  run([&] {
    Client client(port);
    EXPECT_TRUE(client.send("x"));
    EXPECT_EQ(client.receive(1), "x");
    const linger at_once{1, 0};
    ::setsockopt(client.descriptor(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    client.close();
  });
  EXPECT_EQ(ended, Reason::peer_closed);
}

Task<> UvStreamTest::look(Connection connection) {
  EXPECT_EQ(connection.peer.address, "127.0.0.1");
  EXPECT_TRUE(connection.peer.loopback);
  EXPECT_EQ(connection.stream->tls(), "");
  connection.stream->release_buffers();
  co_return;
}

TEST_F(UvStreamTest, KnowsItsPeer) {
  const std::uint16_t port = serve(&UvStreamTest::look);
  run([&] { EXPECT_EQ(Client(port).receive_all(), ""); });
}

}  // namespace
}  // namespace postroom
