// Many destinations and many messages: each has its share, and nobody waits for others.
#include "tests/relay/world.h"

namespace postroom::testing {
namespace {

using Step = Receiver::Step;
using Fault = Receiver::Fault;

const std::string kAlice = "alice@example.org";

std::string name(int i) { return "d" + std::to_string(i) + ".example"; }

std::size_t taken(const RelayWorld& world) {
  std::size_t all = 0;
  for (const Receiver& receiver : world.receivers) all += receiver.taken.size();
  return all;
}

TEST(RelayLoad, EightConnectionsToOneDestinationAtMost) {
  RelayWorld world;
  Receiver& receiver = world.domain("one.example");
  receiver.pause = std::chrono::milliseconds(100);
  world.start();
  for (int i = 0; i < 1000; ++i) world.send(kAlice, {"carol@one.example"});
  EXPECT_TRUE(world.finish(hours(1)));
  EXPECT_EQ(receiver.taken.size(), 1000u);
  EXPECT_EQ(receiver.most_inside, 8u);
  EXPECT_LT(receiver.connections, 200u) << "many messages by one connection";
}

TEST(RelayLoad, ManyRecipientsOfOneMessage) {
  RelayWorld world;
  Receiver& receiver = world.domain("one.example");
  world.start();
  std::vector<std::string> recipients;
  for (int i = 0; i < 250; ++i) recipients.push_back("r" + std::to_string(i) + "@one.example");
  const int number = world.send(kAlice, recipients);
  EXPECT_TRUE(world.finish(hours(1)));
  for (const std::string& recipient : recipients)
    EXPECT_EQ(RelayWorld::count(receiver, number, recipient), 1) << recipient;
  for (const auto& message : receiver.taken) EXPECT_LE(message.recipients.size(), 100u);
}

TEST(RelayLoad, NoMoreDestinationsAtATimeThanThereAreCouriers) {
  RelayWorld world;
  world.options.couriers = 5;
  for (int i = 0; i < 50; ++i) world.domain(name(i)).pause = seconds(1);
  world.start();
  for (int i = 0; i < 50; ++i) world.send(kAlice, {"x@" + name(i)});
  // Each is at it for six answers, and before the last one the message is taken.
  for (std::size_t i = 0; i < 600; ++i) {
    world.pass(std::chrono::milliseconds(250));
    EXPECT_LE(taken(world), 5 * ((i + 5) / 24));
  }
  EXPECT_EQ(taken(world), 50u);
}

TEST(RelayLoad, TheOnlyCourierComesBackToServersThatWereDown) {
  RelayWorld world;
  world.options.couriers = 1;
  Receiver& receiver = world.domain("one.example");
  receiver.fault = [](Step, auto&) { return Fault::busy; };
  world.start();
  world.send(kAlice, {"carol@one.example"});
  world.pass(seconds(1));
  receiver.fault = nullptr;
  world.pass(minutes(6));
  EXPECT_EQ(receiver.taken.size(), 1u);
}

TEST(RelayLoad, ServersThatWereDownHoldUpNoOther) {
  RelayWorld world;
  world.options.couriers = 10;
  for (int i = 0; i < 40; ++i) {
    world.domain(name(i));
    world.dialer.peers.erase(world.address_of(name(i)));
  }
  world.start();
  for (int i = 0; i < 40; ++i) world.send(kAlice, {"x@" + name(i)});
  world.pass(minutes(2));
  // From now on nobody answers there.
  for (int i = 0; i < 40; ++i) world.dialer.peers[world.address_of(name(i))].serve = nullptr;
  world.pass(minutes(4));
  Receiver& receiver = world.domain("one.example");
  for (int i = 0; i < 30; ++i) {
    world.send(kAlice, {"carol@one.example"});
    world.pass(seconds(3));
    EXPECT_EQ(receiver.taken.size(), static_cast<std::size_t>(i + 1)) << "it waits for nobody";
  }
}

TEST(RelayLoad, ThoseThatWereNeverTriedHoldUpNoOther) {
  RelayWorld world;
  Receiver& receiver = world.domain("one.example");
  world.start();
  world.send(kAlice, {"carol@one.example"});
  // Nobody answers at ten thousand domains, of which nobody has ever heard.
  const std::string nowhere = "10.9.9.9";
  world.dialer.peers[nowhere].serve = nullptr;
  for (int i = 0; i < 100; ++i) {
    std::vector<std::string> recipients;
    for (int j = 0; j < 100; ++j) {
      const std::string hole = "hole" + std::to_string(100 * i + j) + ".example";
      world.resolver[hole].addresses = {nowhere};
      recipients.push_back("x@" + hole);
    }
    world.send(kAlice, recipients);
  }
  for (int i = 1; i <= 30; ++i) {
    world.send(kAlice, {"carol@one.example"});
    world.pass(seconds(3));
    EXPECT_EQ(receiver.taken.size(), static_cast<std::size_t>(i + 1)) << "it waits for nobody";
  }
  EXPECT_GT(world.dialer.dialed.size(), 200u) << "some are tried meanwhile";
  // And neither do they wait for ever for those that could be reached once.
  world.pass(hours(2));
  EXPECT_GT(world.dialer.dialed.size(), 10'000u);
}

TEST(RelayLoad, ASlowDestinationHoldsUpNoOther) {
  RelayWorld world;
  world.options.couriers = 4;
  world.domain("slow.example").pause = minutes(2);
  Receiver& receiver = world.domain("one.example");
  world.start();
  for (int i = 0; i < 30; ++i) world.send(kAlice, {"x@slow.example"});
  for (int i = 0; i < 30; ++i) {
    world.send(kAlice, {"carol@one.example"});
    world.pass(seconds(3));
    EXPECT_EQ(receiver.taken.size(), static_cast<std::size_t>(i + 1));
  }
}

TEST(RelayLoad, AConnectionCarriesNoMoreMessagesAfterFiveMinutes) {
  RelayWorld world;
  Receiver& receiver = world.domain("slow.example");
  receiver.pause = seconds(20);
  world.start();
  for (int i = 0; i < 99; ++i) world.send(kAlice, {"x@slow.example"});
  world.pass(minutes(8));
  EXPECT_GE(receiver.connections, 2u);
  EXPECT_EQ(std::count(receiver.heard.begin(), receiver.heard.end(), "QUIT"), 1);
}

TEST(RelayLoad, ConnectionsAreLimitedForAllTogether) {
  RelayWorld world;
  world.options.couriers = 1;
  Receiver& receiver = world.domain("one.example");
  receiver.pause = std::chrono::milliseconds(100);
  world.start();
  for (int i = 0; i < 1000; ++i) world.send(kAlice, {"x@one.example"});
  EXPECT_TRUE(world.finish(hours(2)));
  EXPECT_EQ(receiver.most_inside, relay::Relay::most_connections(1));
}

TEST(RelayLoad, AServerThatEndsEveryConnectionIsLeftAloneForAWhile) {
  RelayWorld world;
  Receiver& receiver = world.domain("one.example");
  receiver.fault = [](Step step, auto&) { return step == Step::mail ? Fault::busy : Fault::none; };
  world.start();
  for (int i = 0; i < 50; ++i) world.send(kAlice, {"carol@one.example"});
  world.pass(minutes(4));
  EXPECT_LT(receiver.connections, 10u);
  receiver.fault = nullptr;
  EXPECT_TRUE(world.finish(minutes(20)));
  EXPECT_EQ(receiver.taken.size(), 50u);
}

TEST(RelayLoad, AMessageThatEndsEveryConnectionHoldsUpNoOther) {
  RelayWorld world;
  Receiver& receiver = world.domain("one.example");
  receiver.fault = [](Step, auto& to) { return to.starts_with("bad") ? Fault::reset : Fault::none; };
  world.start();
  for (int i = 0; i < 20; ++i) world.send(kAlice, {"bad@one.example"});
  world.send(kAlice, {"carol@one.example"});
  world.pass(minutes(40));
  EXPECT_EQ(receiver.taken.size(), 1u);
}

// Its mail is older than all others', and always under way.
TEST(RelayLoad, ASlowDestinationDelaysNoReportOfOthers) {
  RelayWorld world;
  Receiver& slow = world.domain("slow.example");
  slow.pause = minutes(4);
  world.domain("one.example").fault = [](Step step, auto&) {
    return step == Step::recipient ? Fault::transient : Fault::none;
  };
  world.start();
  for (int i = 0; i < 1000; ++i) world.send(kAlice, {"x@slow.example"});
  world.pass(seconds(2));
  const int number = world.send(kAlice, {"carol@one.example"});
  world.pass(hours(4) + minutes(2));
  EXPECT_EQ(world.told(kAlice), (std::vector<Told>{{number, "carol@one.example", "delayed"}}));
}

/// Counts what the runtime is asked to do.
TEST(RelayLoad, WhereNothingIsDueNothingIsDone) {
  RelayWorld world;
  world.domain("one.example");
  world.dialer.peers.clear();
  world.start();
  world.pass(hours(1));
  for (int i = 0; i < 200; ++i) world.send(kAlice, {"x@one.example"});
  world.pass(hours(9));
  const std::uint64_t before = world.runtime.jobs();
  const std::size_t dialed = world.dialer.dialed.size();
  world.pass(hours(1));
  EXPECT_EQ(world.dialer.dialed.size(), dialed);
  EXPECT_LT(world.runtime.jobs() - before, 2500u) << "a look every two seconds, and not much else";
}

TEST(RelayLoad, WhereTheQueueIsEmptyNothingIsDone) {
  RelayWorld world;
  world.start();
  world.pass(hours(1));
  const std::uint64_t before = world.runtime.jobs();
  world.pass(hours(1));
  EXPECT_LT(world.runtime.jobs() - before, 250u);
}

}  // namespace
}  // namespace postroom::testing
