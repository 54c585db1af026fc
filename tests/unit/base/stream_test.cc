// base/buffer.h, base/stream.h, base/gate.h.
#include "base/stream.h"

#include <gtest/gtest.h>
#include <vector>

#include "base/gate.h"
#include "tests/support/memory_stream.h"
#include "tests/support/sim_runtime.h"

namespace postroom {
namespace {

using namespace std::chrono_literals;
using Reason = ConnectionEnded::Reason;
using testing::MemoryStream;
using testing::SimRuntime;
using testing::Wire;

TEST(BufferTest, KeepsItsLimitAndGivesMemoryBack) {
  Buffer buffer(100);
  EXPECT_EQ(buffer.room(), 100U);
  buffer.append(std::string(60, 'a'));
  buffer.append(std::string(40, 'b'));
  EXPECT_EQ(buffer.room(), 0U);
  buffer.consume(60);
  EXPECT_EQ(buffer.view(), std::string(40, 'b'));
  buffer.append(std::string(60, 'c'));
  EXPECT_EQ(buffer.view(), std::string(40, 'b') + std::string(60, 'c'));
  buffer.consume(100);
  EXPECT_TRUE(buffer.empty());
  EXPECT_GE(buffer.capacity(), 100U);
  buffer.shrink_if_empty();
  EXPECT_EQ(buffer.capacity(), std::string().capacity());
  // Nor does what was consumed come back, be it so short that it needed no memory of its own.
  buffer.append("short");
  buffer.consume(5);
  buffer.shrink_if_empty();
  EXPECT_EQ(buffer.view(), "");
}

TEST(BufferTest, TakesFromAnotherWithoutACopyWhenEmpty) {
  Buffer from(1000);
  Buffer into(100);
  from.append("x" + std::string(80, 'a'));
  from.consume(1);
  const char* const bytes = from.view().data();
  EXPECT_EQ(into.take(from), 80U);
  EXPECT_EQ(into.view().data(), bytes);
  EXPECT_EQ(into.view(), std::string(80, 'a'));
  EXPECT_TRUE(from.empty());

  from.append(std::string(50, 'b'));
  EXPECT_EQ(into.take(from), 20U);  // as much as there is room for
  EXPECT_EQ(into.view(), std::string(80, 'a') + std::string(20, 'b'));
  EXPECT_EQ(from.view(), std::string(30, 'b'));
  EXPECT_EQ(into.take(from), 0U);
  into.clear();
  from.append(std::string(200, 'c'));
  EXPECT_EQ(into.take(from), 100U);  // more than would fit: never beyond the limit
  EXPECT_EQ(from.size(), 130U);
}

/// A session of a stream, with what became of it.
class StreamTest : public ::testing::Test {
 protected:
  SimRuntime runtime;
  Wire wire;
  MemoryStream stream{runtime, wire};
  Buffer in{1024};
  std::vector<std::size_t> counts;
  std::optional<Reason> ended;

  Task<> read_once(Duration time) {
    try {
      const std::size_t count = co_await stream.read(in, runtime.now() + time);
      counts.push_back(count);
    } catch (const ConnectionEnded& end) {
      ended = end.reason();
    }
  }
  Task<> write_once(std::string_view bytes, Duration time) {
    try {
      co_await stream.write(bytes, runtime.now() + time);
      counts.push_back(bytes.size());
    } catch (const ConnectionEnded& end) {
      ended = end.reason();
    }
  }
};

TEST_F(StreamTest, ReadTakesWhatIsThereAtOnce) {
  wire.to_server = "hello";
  runtime.spawn(read_once(1s));
  EXPECT_EQ(counts, (std::vector<std::size_t>{5}));
  EXPECT_EQ(in.view(), "hello");
}

TEST_F(StreamTest, ReadWaitsForBytes) {
  runtime.spawn(read_once(10s));
  runtime.advance(9s);
  EXPECT_TRUE(counts.empty());
  wire.to_server = "late";
  wire.poke();
  runtime.settle();
  EXPECT_EQ(counts, (std::vector<std::size_t>{4}));
}

TEST_F(StreamTest, ReadAnswersZeroToNews) {
  runtime.spawn(read_once(10s));
  stream.signal().raise();
  runtime.settle();
  EXPECT_EQ(counts, (std::vector<std::size_t>{0}));
}

TEST_F(StreamTest, ReadEndsAtItsDeadline) {
  runtime.spawn(read_once(10s));
  runtime.advance(10s);
  EXPECT_EQ(ended, Reason::deadline);
}

TEST_F(StreamTest, NewsDoNotHoldOffADeadline) {
  stream.signal().raise();
  runtime.spawn(read_once(0s));
  EXPECT_EQ(ended, Reason::deadline);
  ended.reset();
  wire.send_room = 3;
  stream.signal().raise();
  runtime.spawn(write_once("0123456789", 0s));
  EXPECT_EQ(ended, Reason::deadline);
}

TEST_F(StreamTest, ReadPrefersBytesToTheDeadline) {
  runtime.spawn(read_once(10s));
  wire.to_server = "just in time";  // unnoticed until the deadline
  runtime.advance(10s);
  EXPECT_EQ(counts, (std::vector<std::size_t>{12}));
  EXPECT_FALSE(ended);
}

TEST_F(StreamTest, ReadEndsWithThePeerAndByAbort) {
  wire.to_server = "last words";
  wire.closed = true;
  runtime.spawn(read_once(10s));
  EXPECT_EQ(in.view(), "last words");
  runtime.spawn(read_once(10s));
  EXPECT_EQ(ended, Reason::peer_closed);

  wire.closed = false;
  runtime.spawn(read_once(10s));
  stream.abort();
  runtime.settle();
  EXPECT_EQ(ended, Reason::aborted);
}

TEST_F(StreamTest, WriteIsPushedBackByASlowPeer) {
  wire.send_room = 3;
  runtime.spawn(write_once("0123456789", 10s));
  runtime.settle();
  EXPECT_EQ(wire.to_client, "012");
  runtime.advance(5s);
  EXPECT_TRUE(counts.empty());
  wire.send_room = 100;
  wire.poke();
  runtime.settle();
  EXPECT_EQ(wire.to_client, "0123456789");
  EXPECT_EQ(counts, (std::vector<std::size_t>{10}));
}

// What a writer that waits is woken by may be somebody else's news: the next read tells.
TEST_F(StreamTest, NewsDuringAWriteIsNotLost) {
  wire.send_room = 3;
  runtime.spawn(write_once("0123456789", 10s));
  runtime.settle();
  stream.signal().raise();
  runtime.settle();
  wire.send_room = 100;
  wire.poke();
  runtime.settle();
  EXPECT_EQ(wire.to_client, "0123456789");
  runtime.spawn(read_once(10s));
  runtime.settle();
  EXPECT_EQ(counts, (std::vector<std::size_t>{10, 0}));
}

TEST_F(StreamTest, WriteEndsAtItsDeadline) {
  wire.send_room = 3;
  runtime.spawn(write_once("0123456789", 10s));
  runtime.advance(10s);
  EXPECT_EQ(ended, Reason::deadline);
}

class LineTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kLimit = 20;

  /// What a session with lines of 20 bytes reads from `input`, in pieces of `chunk` bytes; "!" is an
  /// over-long line.
  std::vector<std::string> read(const std::string& input, std::size_t chunk) {
    SimRuntime runtime;
    Wire wire;
    wire.to_server = input;
    wire.chunk = chunk;
    wire.closed = true;
    MemoryStream stream(runtime, wire);
    std::vector<std::string> lines;
    runtime.spawn(read_lines(stream, lines));
    EXPECT_TRUE(runtime.run());
    return lines;
  }

  static Task<> read_lines(Stream& stream, std::vector<std::string>& lines) {
    Buffer in(64);
    LineReader reader(stream, in);
    try {
      for (;;) {
        const std::optional<Line> line = co_await reader.read(kLimit, kNever);
        if (line) lines.push_back(line->too_long ? "!" + line->text : line->text);
      }
    } catch (const ConnectionEnded&) {
    }
  }
};

TEST_F(LineTest, LinesAreTheSameAtEveryChunkSize) {
  const std::string input = "first\r\n\r\n123456789012345678\r\n1234567890123456789\r\n" +
                            std::string(500, 'x') + "\r\nbare\nfeed\r\nbare\rreturn\r\n\r\r\n" +
                            std::string(19, 'y') + "\r\r\nlast\r\nincomplete";
  const std::vector<std::string> expected = {"first",     "",           "123456789012345678", "!12345678",
                                             "!xxxxxxxx", "bare\nfeed", "bare\rreturn",       "\r",
                                             "!yyyyyyyy", "last"};
  for (std::size_t chunk = 1; chunk <= 70; ++chunk) EXPECT_EQ(read(input, chunk), expected) << chunk;
  EXPECT_EQ(read(input, 4096), expected);
}

TEST_F(LineTest, ALineWithoutAnEndEndsTheConnection) {
  const std::string input(LineReader::kMaxDropped + 100, 'x');
  EXPECT_TRUE(read(input + "\r\nafter\r\n", 4096).empty());
  const std::string shorter(LineReader::kMaxDropped / 2, 'x');
  EXPECT_EQ(read(shorter + "\r\nafter\r\n", 4096), (std::vector<std::string>{"!xxxxxxxx", "after"}));
}

Task<> read_one(LineReader& reader, std::vector<std::optional<Line>>& lines) {
  std::optional<Line> line = co_await reader.read(100, kNever);
  lines.push_back(std::move(line));
}

// News that comes together with bytes is not lost: whoever reads looks after each piece.
TEST_F(StreamTest, NewsInTheMiddleOfALineLosesNothing) {
  LineReader reader(stream, in);
  std::vector<std::optional<Line>> lines;
  runtime.spawn(read_one(reader, lines));
  wire.to_server = "half a ";
  wire.poke();
  runtime.settle();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_FALSE(lines[0]);
  runtime.spawn(read_one(reader, lines));
  wire.to_server = "line\r\n";
  wire.poke();
  runtime.settle();
  ASSERT_EQ(lines.size(), 2U);
  ASSERT_TRUE(lines[1]);
  EXPECT_EQ(lines[1]->text, "half a line");
}

struct Pieces {
  std::string all;
  std::size_t largest = 0;
  Task<> operator()(std::string_view piece) {
    all += piece;
    largest = std::max(largest, piece.size());
    co_return;
  }
};

TEST_F(StreamTest, ReadExactlyStopsAtItsCount) {
  for (const std::size_t chunk : {1U, 7U, 4096U}) {
    Pieces pieces;
    wire.chunk = chunk;
    wire.to_server = std::string(3000, 'a') + "rest";
    in.clear();
    runtime.spawn(read_exactly(stream, in, 3000, kNever, pieces));
    runtime.settle();
    EXPECT_EQ(pieces.all, std::string(3000, 'a'));
    EXPECT_LE(pieces.largest, 1024U);
    EXPECT_EQ(std::string(in.view()) + wire.to_server, "rest");
  }
}

Task<> wait_closed(Gate& gate, TimePoint deadline, std::optional<bool>& result) {
  const bool closed = co_await gate.closed(deadline);
  result = closed;
}

TEST_F(StreamTest, GateTellsSessionsAndWaitsForTheLast) {
  Gate gate(runtime);
  Wire other_wire;
  MemoryStream other(runtime, other_wire);
  std::optional<Gate::Pass> first(std::in_place, gate, stream);
  std::optional<Gate::Pass> second(std::in_place, gate, other);
  EXPECT_EQ(gate.inside(), 2U);

  std::optional<bool> closed;
  runtime.spawn(wait_closed(gate, runtime.now() + 10s, closed));
  runtime.spawn(read_once(60s));
  EXPECT_FALSE(gate.draining());
  gate.drain();
  EXPECT_TRUE(gate.draining());
  runtime.settle();
  EXPECT_EQ(counts, (std::vector<std::size_t>{0}));  // the session was told
  first.reset();
  runtime.settle();
  EXPECT_FALSE(closed);
  runtime.advance(10s);
  EXPECT_EQ(closed, false);  // one is still inside

  closed.reset();
  runtime.spawn(wait_closed(gate, kNever, closed));
  second.reset();
  runtime.settle();
  EXPECT_EQ(closed, true);
}

/// One whose handshake has not ended.
class UnestablishedStream : public MemoryStream {
 public:
  using MemoryStream::MemoryStream;
  bool established() const override { return false; }
};

TEST_F(StreamTest, ADrainEndsWhoCannotBeToldGoodbye) {
  Gate gate(runtime);
  Wire other_wire;
  UnestablishedStream other(runtime, other_wire);
  const Gate::Pass pass(gate, other);
  Gate::Pass begins_tls(gate, stream);
  gate.drain();
  EXPECT_THROW(other.receive(in), ConnectionEnded);
  EXPECT_EQ(stream.receive(in), 0U);
  Wire late_wire;
  UnestablishedStream late(runtime, late_wire);
  begins_tls.now_uses(late);
  EXPECT_THROW(late.receive(in), ConnectionEnded);
}

TEST_F(StreamTest, GateAbortsTheStreamThatASessionUsesNow) {
  Gate gate(runtime);
  Wire other_wire;
  MemoryStream other(runtime, other_wire);
  Gate::Pass pass(gate, other);
  pass.now_uses(stream);
  runtime.spawn(read_once(60s));
  gate.abort();
  runtime.settle();
  EXPECT_EQ(ended, Reason::aborted);
}

}  // namespace
}  // namespace postroom
