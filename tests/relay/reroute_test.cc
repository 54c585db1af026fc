// Mail that an administrator sends by another server than its domain's.
#include <algorithm>

#include "storage/sqlite/queue_admin.h"
#include "tests/relay/world.h"

namespace postroom::testing {
namespace {

using Step = Receiver::Step;
using Fault = Receiver::Fault;

const std::string kAlice = "alice@example.org";

TEST(RelayRoutes, MailThatIsReroutedGoesThatWayAndBack) {
  RelayWorld world;
  Receiver& hub = world.domain("hub.example");
  Receiver& one = world.domain("one.example");
  one.fault = [](Step, auto&) { return Fault::busy; };
  world.options.routes.read_others_by([](const std::string& text) -> relay::Route {
    if (text != "smtp://mx.hub.example:26") throw std::runtime_error("there is no password for it");
    relay::Route route;
    route.host = "mx.hub.example";
    route.port = 26;
    return route;
  });
  world.start();
  const int first = world.send(kAlice, {"carol@one.example"});
  world.pass(minutes(1));
  sqlite::Connection db = world.database();
  sqlite::reroute_queue(db, {}, "smtp://mx.hub.example:26", world.runtime.wall_now());
  world.pass(seconds(3));
  EXPECT_EQ(RelayWorld::count(hub, first, "carol@one.example"), 1);
  EXPECT_EQ(world.dialer.dialed.back(), world.address_of("hub.example") + ":26");

  const int second = world.send(kAlice, {"carol@one.example"});
  sqlite::reroute_queue(db, {}, "submission://me@hub.example:587", world.runtime.wall_now());
  world.pass(minutes(1));
  EXPECT_EQ(sqlite::list_queue(db, {}).at(0).recipients.at(0).problem, "there is no password for it");
  one.fault = nullptr;
  sqlite::reroute_queue(db, {}, "", world.runtime.wall_now());
  world.pass(seconds(3));
  EXPECT_EQ(RelayWorld::count(one, second, "carol@one.example"), 1);
  EXPECT_EQ(world.queued(), 0u);
}

/// The old server and the new one, with mail under way to the old one, which takes a while to answer.
class RelayRerouted : public ::testing::Test {
 protected:
  RelayRerouted() {
    old.pause = seconds(20);
    world.options.routes.read_others_by([](const std::string&) {
      relay::Route route;
      route.host = "mx.hub.example";
      return route;
    });
    world.start();
    message = world.send(kAlice, {"carol@one.example"});
    world.pass(seconds(50));
    sqlite::Connection db = world.database();
    sqlite::reroute_queue(db, {}, "smtp://mx.hub.example:25", world.runtime.wall_now());
  }

  void expect_once_by_the_old_server() {
    world.pass(minutes(10));
    EXPECT_EQ(RelayWorld::count(old, message, "carol@one.example"), 1);
    EXPECT_TRUE(hub.taken.empty());
    EXPECT_EQ(world.queued(), 0u);
  }

  RelayWorld world;
  Receiver& hub = world.domain("hub.example");
  Receiver& old = world.domain("one.example");
  int message = 0;
};

TEST_F(RelayRerouted, WhatIsUnderWayIsNotSentTwice) { expect_once_by_the_old_server(); }

TEST_F(RelayRerouted, NorWhenTheNewServerIsFoundWhileItIs) {
  hub.fault = [](Step at, auto&) { return at == Step::greeting ? Fault::hang : Fault::none; };
  world.pass(seconds(30));
  hub.fault = nullptr;
  expect_once_by_the_old_server();
}

TEST_F(RelayRerouted, WhatTheOldServerRefusesTheNewOneMayTake) {
  old.fault = [](Step at, auto&) { return at == Step::end ? Fault::permanent : Fault::none; };
  world.pass(minutes(10));
  EXPECT_EQ(RelayWorld::count(hub, message, "carol@one.example"), 1);
  EXPECT_TRUE(world.told(kAlice).empty());
  EXPECT_EQ(world.queued(), 0u);
}

// What it says of mail that stays with it is as final as ever, whatever else is changed meanwhile.
TEST(RelayEdits, WhatIsRefusedWhileOtherMailIsChangedIsNotTriedAgain) {
  RelayWorld world;
  Receiver& one = world.domain("one.example");
  Receiver& two = world.domain("two.example");
  two.fault = [](Step, auto&) { return Fault::busy; };
  one.pause = seconds(20);
  one.fault = [](Step at, auto&) { return at == Step::end ? Fault::permanent : Fault::none; };
  world.start();
  world.send(kAlice, {"carol@one.example"});
  world.send(kAlice, {"dave@two.example"});
  world.pass(seconds(50));
  sqlite::Connection db = world.database();
  sqlite::QueueFilter filter;
  filter.recipient = "dave@two.example";
  sqlite::hold_queue(db, filter);
  world.pass(minutes(10));
  EXPECT_EQ(std::ranges::count(one.heard, "DATA"), 1);
  EXPECT_EQ(world.told(kAlice).size(), 1u);
}

}  // namespace
}  // namespace postroom::testing
