// The bad network itself: what it may do to a connection, and what it may not.
#include "tests/support/sim_net.h"

#include <gtest/gtest.h>

#include "tests/support/sim_runtime.h"

namespace postroom::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

struct Heard {
  std::string bytes;
  std::string end;  // why there is no more
};

Task<> hear(SimRuntime& runtime, Stream& stream, Duration pause, Heard& heard) {
  Buffer in(64);
  try {
    for (;;) {
      co_await stream.read(in, kNever);
      heard.bytes += in.view();
      in.clear();
      co_await sleep_until(runtime, runtime.now() + pause);
    }
  } catch (const ConnectionEnded& end) {
    heard.end = end.what();
  }
}

/// Says it, and hangs up.
Task<> say(std::unique_ptr<SimNet::End> end, std::string bytes, std::string& outcome) {
  try {
    co_await end->write(bytes, kNever);
    co_await end->flush(kNever);
    end->finish();
    outcome = "said";
  } catch (const ConnectionEnded& ended) {
    outcome = ended.what();
  }
}

std::string some_text() {
  std::string text;
  for (int i = 0; text.size() < 3000; ++i) text += std::to_string(i) + "\r\n";
  return text;
}

class BadNetwork : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  /// The server says some_text() to a client that reads.
  void converse() {
    SimNet::Connected connected = net.connect(conditions);
    client = std::move(connected.client);
    runtime.spawn(say(std::move(connected.server), some_text(), said));
    runtime.spawn(hear(runtime, *client, milliseconds(1), heard));
    runtime.advance(minutes(10));
  }
  void TearDown() override {
    client.reset();
    EXPECT_TRUE(runtime.run()) << "something goes on without a connection";
  }

  SimRuntime runtime{GetParam()};
  SimNet net{runtime, GetParam()};
  SimNet::Conditions conditions;
  std::unique_ptr<SimNet::End> client;
  Heard heard;
  std::string said;
};
INSTANTIATE_TEST_SUITE_P(Seeds, BadNetwork, ::testing::Range<std::uint64_t>(1, 21));

TEST_P(BadNetwork, LosesNothing) {
  conditions = {.piece = 100, .window = 30, .delay = milliseconds(5), .restless = GetParam() % 2 == 0};
  converse();
  EXPECT_EQ("said", said);
  EXPECT_EQ(some_text(), heard.bytes);
  EXPECT_EQ("peer closed", heard.end);
  EXPECT_FALSE(client->cut());
  EXPECT_GT(net.counts().full, 10u) << "the window was never full";
  EXPECT_GT(net.counts().pieces, 100u);
}

TEST_P(BadNetwork, BreaksWhereItIsTold) {
  conditions = {.piece = 100, .window = 300, .delay = milliseconds(5)};
  conditions.reset_after[1] = 1000;
  converse();
  EXPECT_EQ("connection reset", said);
  EXPECT_EQ("connection reset", heard.end);
  EXPECT_TRUE(some_text().starts_with(heard.bytes));
  EXPECT_LT(heard.bytes.size(), 1000u + 100u);
  EXPECT_TRUE(client->cut());
  EXPECT_EQ(1u, net.counts().resets);
}

TEST_P(BadNetwork, ShowsAnAbortToBoth) {
  conditions.window = 300;
  SimNet::Connected connected = net.connect(conditions);
  SimNet::End& server = *connected.server;
  client = std::move(connected.client);
  runtime.spawn(say(std::move(connected.server), some_text(), said));
  runtime.settle();
  server.abort();
  runtime.spawn(hear(runtime, *client, milliseconds(1), heard));
  runtime.advance(minutes(1));
  EXPECT_EQ("aborted", said);
  EXPECT_FALSE(heard.end.empty());
  EXPECT_TRUE(some_text().starts_with(heard.bytes));
  EXPECT_TRUE(client->cut());
}

}  // namespace
}  // namespace postroom::testing
