// Connections that have nothing left to carry: they wait a moment for the next message.
#include "tests/relay/world.h"

namespace postroom::testing {
namespace {

const std::string kAlice = "alice@example.org";

class RelayLingering : public ::testing::Test {
 protected:
  RelayLingering() { world.start(); }
  void send() { world.send(kAlice, {"carol@one.example"}); }

  RelayWorld world;
  Receiver& receiver = world.domain("one.example");
};

TEST_F(RelayLingering, TheNextMessageGoesByTheSameConnection) {
  for (std::size_t i = 1; i <= 5; ++i) {
    send();
    world.pass(seconds(4));
    EXPECT_EQ(receiver.taken.size(), i);
  }
  EXPECT_EQ(receiver.connections, 1u);
  world.pass(seconds(2));
  EXPECT_EQ(receiver.inside, 0u);
  EXPECT_EQ(receiver.heard.back(), "QUIT");
}

/// Each is another thread's work, on which the message waits.
TEST_F(RelayLingering, AMessageTakesFewJobs) {
  send();
  const std::uint64_t before = world.runtime.jobs();
  for (int i = 0; i < 10; ++i) send();
  world.pass(std::chrono::milliseconds(100));
  EXPECT_EQ(receiver.taken.size(), 11u);
  EXPECT_LE(world.runtime.jobs() - before, 80u);
}

TEST_F(RelayLingering, OneThatHasEndedMeanwhileDelaysNothing) {
  receiver.most_messages = 1;
  for (std::size_t i = 1; i <= 5; ++i) {
    send();
    world.pass(seconds(1));
    EXPECT_EQ(receiver.taken.size(), i);
  }
  EXPECT_EQ(receiver.connections, 5u);
}

TEST_F(RelayLingering, EachHasItsEndAfterFiveMinutes) {
  for (int i = 0; i < 150; ++i) {
    send();
    world.pass(seconds(3));
  }
  EXPECT_EQ(receiver.taken.size(), 150u);
  EXPECT_EQ(receiver.connections, 2u);
}

TEST_F(RelayLingering, TheySayGoodbyeWhenTheServerStops) {
  send();
  world.pass(seconds(1));
  EXPECT_EQ(receiver.inside, 1u);
  const TimePoint before = world.runtime.now();
  world.stop();
  EXPECT_LT(world.runtime.now() - before, seconds(1));
  EXPECT_EQ(receiver.heard.back(), "QUIT");
}

}  // namespace
}  // namespace postroom::testing
