// The relay when it is told to stop, when the power is cut, and when its own disk fails: nothing is lost, and
// nothing that was written down is sent again.
#include <algorithm>

#include "storage/sqlite/schema.h"
#include "tests/relay/world.h"

namespace postroom::testing {
namespace {

using Step = Receiver::Step;
using Fault = Receiver::Fault;
using Reports = std::vector<Told>;

const std::string kAlice = "alice@example.org";

/// In the database, beside the server.
void change(RelayWorld& world, const std::string& sql) {
  sqlite::Connection db = world.database();
  db.run_script(sql.c_str());
}

TEST(RelayFaults, ADrainLetsMessagesUnderWayEndAndBeginsNone) {
  RelayWorld world;
  world.start();
  Receiver& receiver = world.domain("one.example");
  receiver.pause = seconds(2);
  for (int i = 0; i < 3; ++i) world.send(kAlice, {"carol@one.example"});
  world.pass(seconds(7));
  world.stop();
  EXPECT_EQ(receiver.taken.size(), 1u);
  world.start();
  EXPECT_EQ(world.queued(), 2u);
  EXPECT_TRUE(world.finish(minutes(10)));
  EXPECT_EQ(receiver.taken.size(), 3u);
}

TEST(RelayFaults, ADrainWhileItConnectsBeginsNoMessage) {
  RelayWorld world;
  world.start();
  Receiver& receiver = world.domain("one.example");
  receiver.pause = seconds(2);
  world.send(kAlice, {"carol@one.example"});
  world.pass(seconds(1));
  world.stop();
  EXPECT_EQ(receiver.taken.size(), 0u);
  for (const std::string& line : receiver.heard) EXPECT_FALSE(line.starts_with("MAIL"));
  world.start();
  EXPECT_TRUE(world.finish(minutes(10)));
  EXPECT_EQ(receiver.taken.size(), 1u);
}

TEST(RelayFaults, AnAbortEndsAllAtOnce) {
  for (const Step step : {Step::greeting, Step::mail, Step::data, Step::end}) {
    RelayWorld world;
    world.start();
    Receiver& receiver = world.domain("one.example");
    receiver.fault = [=](Step at, auto&) { return at == step ? Fault::hang : Fault::none; };
    world.send(kAlice, {"carol@one.example"});
    world.pass(seconds(2));
    EXPECT_EQ(receiver.inside, 1u);
    const TimePoint begin = world.runtime.now();
    world.stop(seconds(1));
    EXPECT_LT(world.runtime.now() - begin, seconds(3));
    receiver.fault = nullptr;
    world.start();
    EXPECT_TRUE(world.finish(minutes(10)));
    EXPECT_EQ(receiver.taken.size(), 1u);
    EXPECT_EQ(world.inbox(kAlice).size(), 0u);
  }
}

TEST(RelayFaults, OneThatNeverRanIsClosed) {
  RelayWorld world;
  world.start();
  relay::Relay other(world.runtime, *world.store, *world.store, *world.store, world.resolver, world.dialer,
                     world.fetcher, world.options);
  other.drain();
  std::optional<bool> closed;
  std::exception_ptr error;
  world.runtime.spawn(detail::keep_result(other.closed(world.runtime.now() + seconds(5)), closed, error));
  world.pass(seconds(10));
  EXPECT_EQ(closed, true);
}

// What was taken is not sent again because our disk is full.
TEST(RelayFaults, AFullDiskIsWaitedFor) {
  RelayWorld world;
  world.start();
  Receiver& receiver = world.domain("one.example");
  receiver.fault = [&](Step step, auto& to) {
    if (step == Step::end) world.disk->capacity = 0;
    return to.starts_with("no") ? Fault::permanent : Fault::none;
  };
  const int number = world.send(kAlice, {"carol@one.example", "no@one.example"});
  world.send(kAlice, {"carol@one.example"});
  world.pass(hours(1));
  EXPECT_LE(receiver.taken.size(), 2u);
  world.disk->capacity = ~std::uint64_t{0};
  receiver.fault = nullptr;
  EXPECT_TRUE(world.finish(minutes(10)));
  EXPECT_EQ(receiver.taken.size(), 2u);
  EXPECT_EQ(RelayWorld::count(receiver, number, "carol@one.example"), 1);
  EXPECT_EQ(world.told(kAlice), (Reports{{number, "no@one.example", "failed"}}));
}

TEST(RelayFaults, AFullDiskIsWaitedForByExpiryToo) {
  RelayWorld world;
  world.options.schedule.give_up = hours(12);
  world.start();
  world.domain("one.example");
  world.dialer.peers.clear();
  const int number = world.send(kAlice, {"carol@one.example"});
  world.pass(hours(3));
  world.disk->capacity = 0;
  world.pass(hours(14));
  world.disk->capacity = ~std::uint64_t{0};
  world.pass(minutes(3));
  EXPECT_EQ(world.queued(), 0u);
  const Reports told = world.told(kAlice);
  EXPECT_EQ(1, std::ranges::count(told, Told{number, "carol@one.example", "failed"}));
}

// One message whose content cannot be read holds up no other, and its sender hears of it.
TEST(RelayFaults, AMessageThatIsDamaged) {
  RelayWorld world;
  world.options.schedule.give_up = hours(12);
  world.start();
  Receiver& receiver = world.domain("one.example");
  Receiver& other = world.domain("two.example");
  world.dialer.peers.erase(world.address_of("one.example"));
  const int bad = world.send(kAlice, {"carol@one.example"}, {}, 100'000);
  change(world, "UPDATE queued SET size = size + 1");
  world.send(kAlice, {"carol@one.example"});
  world.dialer.peers[world.address_of("one.example")].serve = [&](std::unique_ptr<Stream> stream) {
    return receiver.serve(std::move(stream));
  };
  world.pass(minutes(6));
  EXPECT_EQ(receiver.taken.size(), 1u);
  world.send(kAlice, {"carol@two.example"});
  world.pass(seconds(5));
  EXPECT_EQ(other.taken.size(), 1u);
  world.pass(hours(12 + 5));
  EXPECT_EQ(world.queued(), 0u);
  EXPECT_EQ(receiver.taken.size(), 1u);
  EXPECT_EQ(world.told(kAlice),
            (Reports{{bad, "carol@one.example", "delayed"}, {bad, "carol@one.example", "failed"}}));
}

TEST(RelayFaults, AReportWithoutAnOriginalThatCannotBeRead) {
  RelayWorld world;
  world.options.schedule.give_up = hours(12);
  world.start();
  world.domain("one.example");
  world.dialer.peers.clear();
  world.send(kAlice, {"carol@one.example"});
  world.send(kAlice, {"dave@one.example"});
  change(world, "UPDATE queued SET content = 4711 WHERE name = '1'");
  world.pass(hours(12 + 1));
  EXPECT_EQ(world.queued(), 0u);
  EXPECT_EQ(world.told(kAlice).size(), 4u);
}

// A courier that is done while we look for what is too old has the last word.
TEST(RelayFaults, WhatIsDeliveredAtTheLastMomentIsNotReported) {
  int delivered = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    RelayWorld world(seed);
    world.options.schedule.waits = {minutes(1)};
    world.options.schedule.give_up = minutes(5);
    world.options.schedule.tell_delay = minutes(60);
    world.start();
    Receiver& receiver = world.domain("one.example");
    world.domain("two.example").fault = [](Step step, auto&) {
      return step == Step::recipient ? Fault::transient : Fault::none;
    };
    const TimePoint begin = world.runtime.now();
    receiver.fault = [&](Step step, auto&) {
      const bool late = world.runtime.now() >= begin + minutes(4);
      return step == Step::recipient && !late ? Fault::transient : Fault::none;
    };
    const int other = world.send(kAlice, {"x@two.example"});
    const int number = world.send(kAlice, {"carol@one.example"});
    world.runtime.slow_jobs(seconds(3));
    receiver.pause = seconds(2 + seed % 14);
    world.pass(minutes(20));
    world.runtime.slow_jobs(Duration{});
    world.pass(minutes(1));
    const int taken = RelayWorld::count(receiver, number, "carol@one.example");
    Reports expected{{other, "x@two.example", "failed"}};
    if (taken == 0) expected.push_back({number, "carol@one.example", "failed"});
    EXPECT_EQ(world.told(kAlice), expected) << "seed " << seed;
    delivered += taken;
  }
  EXPECT_GT(delivered, 10);
}

}  // namespace
}  // namespace postroom::testing
