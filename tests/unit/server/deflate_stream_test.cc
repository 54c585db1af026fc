// server/deflate_stream.h: a client by zlib against a server in memory, at odd chunk sizes.
#include "server/deflate_stream.h"

#include <gtest/gtest.h>
#include <optional>
#include <random>
#include <zlib.h>

#include "tests/support/heap.h"
#include "tests/support/memory_stream.h"
#include "tests/support/sim_runtime.h"

namespace postroom {
namespace {

using Reason = ConnectionEnded::Reason;
using testing::MemoryStream;
using testing::SimRuntime;
using testing::Wire;

/// As a client does it: one compressor and one decompressor for the whole connection.
class ZlibClient {
 public:
  ZlibClient() {
    deflateInit2(&out_, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
    inflateInit2(&in_, -15);
  }
  ZlibClient(const ZlibClient&) = delete;
  ZlibClient& operator=(const ZlibClient&) = delete;
  ~ZlibClient() {
    deflateEnd(&out_);
    inflateEnd(&in_);
  }

  std::string compress(std::string text, int flush = Z_SYNC_FLUSH) {
    std::string bytes(deflateBound(&out_, text.size()) + 100, '\0');
    out_.next_in = reinterpret_cast<Bytef*>(text.data());
    out_.avail_in = static_cast<uInt>(text.size());
    out_.next_out = reinterpret_cast<Bytef*>(bytes.data());
    out_.avail_out = static_cast<uInt>(bytes.size());
    deflate(&out_, flush);
    bytes.resize(bytes.size() - out_.avail_out);
    return bytes;
  }
  std::string decompress(std::string bytes) {
    std::string text;
    in_.next_in = reinterpret_cast<Bytef*>(bytes.data());
    in_.avail_in = static_cast<uInt>(bytes.size());
    do {
      char piece[1000];
      in_.next_out = reinterpret_cast<Bytef*>(piece);
      in_.avail_out = sizeof piece;
      EXPECT_GE(inflate(&in_, Z_SYNC_FLUSH), Z_BUF_ERROR);
      text.append(piece, sizeof piece - in_.avail_out);
    } while (in_.avail_out == 0);
    return text;
  }

 private:
  z_stream out_{};
  z_stream in_{};
};

class DeflateTest : public ::testing::TestWithParam<std::size_t> {
 protected:
  void SetUp() override {
    wire.chunk = GetParam();
    begin({});
  }
  void TearDown() override {
    stream->abort();
    runtime.run();
  }

  void begin(std::string_view unread) {
    stream.reset();
    stream = begin_deflate(std::make_unique<MemoryStream>(runtime, wire), unread);
  }
  /// The client sends this; what it hears then.
  std::string say(const std::string& compressed) {
    wire.to_server += compressed;
    wire.poke();
    runtime.settle();
    return client.decompress(std::exchange(wire.to_client, {}));
  }

  Task<> echo(bool rests) {
    Buffer in(5000);
    try {
      for (;;) {
        if (rests) stream->release_buffers();
        co_await stream->read(in, kNever);
        co_await stream->write(in.view(), kNever);
        in.clear();
      }
    } catch (const ConnectionEnded& end) {
      ended = end.reason();
    }
    stream->finish();
  }
  Task<> write(std::string text) {
    co_await stream->write(text, kNever);
    written = true;
  }
  Task<> drop(std::size_t size) {
    Buffer in(64 << 10);
    try {
      for (;;) {
        co_await stream->read(in, kNever);
        heard += in.size();
        over = heard >= size;
        in.clear();
      }
    } catch (const ConnectionEnded& end) {
      ended = end.reason();
    }
  }
  /// Somebody else on the loop: how often it has its turn.
  Task<> take_turns() {
    while (!over) {
      ++turns;
      co_await sleep_until(runtime, runtime.now());
    }
  }
  Task<> write_and_stop(std::string text) {
    co_await stream->write(text, kNever);
    over = true;
  }

  SimRuntime runtime;
  Wire wire;
  std::unique_ptr<Stream> stream;
  ZlibClient client;
  std::optional<Reason> ended;
  bool written = false;
  std::size_t heard = 0;
  std::size_t turns = 0;
  bool over = false;
};

std::string some_text(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string text;
  while (text.size() < size) text += "word" + std::to_string(random() % 3000) + " ";
  return text;
}

TEST_P(DeflateTest, TextGoesBothWays) {
  runtime.spawn(echo(false));
  for (const std::string& text : {std::string("a NOOP\r\n"), some_text(100'000, 1), std::string("x")})
    EXPECT_TRUE(say(client.compress(text)) == text) << text.size();
}

// What was said before the rest is referred to after it: by the client up to 32 KiB back, by us too.
TEST_P(DeflateTest, RestingForgetsNothing) {
  runtime.spawn(echo(true));
  const std::string block = some_text(20'000, 2);
  EXPECT_TRUE(say(client.compress(block)) == block);
  for (int i = 0; i < 20; ++i) {
    const std::string line = "a" + std::to_string(i) + " UID FETCH 1:* (FLAGS)\r\n";
    EXPECT_EQ(say(client.compress(line)), line);
  }
  const std::string again = client.compress(block);
  EXPECT_LT(again.size(), 1000u) << "the client refers to what came 20 KB ago";
  EXPECT_TRUE(say(again) == block);
}

TEST_P(DeflateTest, AClientThatDoesNotEndAtAByteIsUnderstoodToo) {
  runtime.spawn(echo(true));
  for (int i = 0; i < 20; ++i) {
    const std::string line = "a" + std::to_string(i) + " NOOP\r\n";
    EXPECT_EQ(say(client.compress(line, Z_PARTIAL_FLUSH)), line);
  }
}

TEST_P(DeflateTest, WhatHadComeBeforeIsReadFirst) {
  begin(client.compress("a NOOP\r\n"));
  runtime.spawn(echo(false));
  EXPECT_EQ(say(client.compress("b NOOP\r\n")), "a NOOP\r\nb NOOP\r\n");
}

TEST_P(DeflateTest, WhatIsNoDeflateEndsTheConnection) {
  runtime.spawn(echo(false));
  EXPECT_EQ(say(client.compress("a NOOP\r\n")), "a NOOP\r\n");
  // A block of the type that there is not.
  EXPECT_EQ(say("\x07"), "");
  EXPECT_EQ(ended, Reason::corrupt);
}

TEST_P(DeflateTest, TheClientMayEndItsStream) {
  runtime.spawn(echo(false));
  EXPECT_EQ(say(client.compress("a LOGOUT\r\n", Z_FINISH)), "a LOGOUT\r\n");
  EXPECT_EQ(ended, Reason::peer_closed);
}

TEST_P(DeflateTest, ASlowClientPushesBack) {
  const std::string text = some_text(1'000'000, 3);
  wire.send_room = 1000;
  runtime.spawn(write(text));
  runtime.settle();
  EXPECT_FALSE(written);
  std::string heard_text = client.decompress(std::exchange(wire.to_client, {}));
  wire.send_room = ~std::size_t{0};
  heard_text += say({});
  EXPECT_TRUE(written);
  EXPECT_TRUE(heard_text == text);
  EXPECT_TRUE(stream->sent());
}

// A MemoryStream of small chunks raises the signal itself.
class DeflateTurns : public DeflateTest {};

// 20 MB in 20 KB: a reader gets what its buffer holds, and others their turn between.
TEST_P(DeflateTurns, AFloodComesInTurns) {
  constexpr std::size_t kSize = 20'000'000;
  runtime.spawn(drop(kSize));
  wire.to_server = client.compress(std::string(kSize, 'x'));
  ASSERT_LT(wire.to_server.size(), kSize / 500);
  wire.poke();
  runtime.spawn(take_turns());
  runtime.settle();
  EXPECT_EQ(heard, kSize);
  EXPECT_GE(turns, kSize / (64 << 10));
}

TEST_P(DeflateTurns, ALongAnswerGoesInTurns) {
  const std::string text = some_text(1'000'000, 4);
  runtime.spawn(write_and_stop(text));
  runtime.spawn(take_turns());
  runtime.settle();
  EXPECT_GE(turns, text.size() / (32 << 10));
  EXPECT_TRUE(client.decompress(wire.to_client) == text);
}

INSTANTIATE_TEST_SUITE_P(Chunks, DeflateTest, ::testing::Values(1, 7, 1 << 16));
INSTANTIATE_TEST_SUITE_P(Whole, DeflateTurns, ::testing::Values(1 << 16));

// Per connection in IDLE after a session's usual talk. zlib's own needs would be 300 KiB.
TEST(DeflateMemory, AnIdleConnectionKeepsLittle) {
  constexpr std::size_t kConnections = 100;
  SimRuntime runtime;
  std::vector<Wire> wires(kConnections);
  std::vector<std::unique_ptr<Stream>> streams;
  std::vector<std::unique_ptr<ZlibClient>> clients;
  for (Wire& wire : wires) {
    streams.push_back(std::make_unique<MemoryStream>(runtime, wire));
    clients.push_back(std::make_unique<ZlibClient>());
  }
  std::vector<std::string> said;
  for (auto& client : clients) said.push_back(client->compress(some_text(1000, 5)));
  Buffer in(64 << 10);
  const std::string answer = some_text(20'000, 6);
  const std::size_t before = testing::heap();
  for (std::size_t i = 0; i < kConnections; ++i) {
    streams[i] = begin_deflate(std::move(streams[i]), said[i]);
    EXPECT_GE(streams[i]->receive(in), 1000u);
    EXPECT_EQ(streams[i]->send(answer), answer.size());
    in.clear();
    in.shrink_if_empty();
    std::string().swap(wires[i].to_client);
    streams[i]->release_buffers();
  }
  EXPECT_LT((testing::heap() - before) / kConnections, 8u << 10);
  streams.clear();
}

}  // namespace
}  // namespace postroom
