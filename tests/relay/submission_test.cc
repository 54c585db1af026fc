// What senders want of the queue: a time before which mail does not leave (RFC 4865), one by which it is
// there (RFC 2852), and priorities (RFC 6710).
#include <algorithm>

#include "tests/relay/world.h"

namespace postroom::testing {
namespace {

using Step = Receiver::Step;
using Fault = Receiver::Fault;
using Reports = std::vector<Told>;

const std::string kAlice = "alice@example.org";
const std::string kBob = "bob@example.org";

class RelaySubmission : public ::testing::Test {
 protected:
  RelaySubmission() {
    world.options.schedule.give_up = hours(12);
    world.start();
  }

  static Outgoing to(const std::vector<std::string>& recipients, Notify notify = {}) {
    Outgoing outgoing;
    for (const std::string& recipient : recipients)
      outgoing.recipients.emplace_back(recipient).dsn.notify = notify;
    return outgoing;
  }
  WallTime in(std::chrono::seconds time) { return world.runtime.wall_now() + time; }
  int send_later(const std::vector<std::string>& recipients, std::chrono::seconds time, Notify notify = {}) {
    Outgoing outgoing = to(recipients, notify);
    outgoing.release = in(time);
    return world.send(kAlice, std::move(outgoing));
  }
  int send_by(std::chrono::seconds time, bool returns, bool traced = false, Notify notify = {}) {
    Outgoing outgoing = to({"carol@one.example"}, notify);
    outgoing.deliver_by = {in(time), returns, traced};
    return world.send(kAlice, std::move(outgoing));
  }

  RelayWorld world;
  Receiver& receiver = world.domain("one.example");
};

TEST_F(RelaySubmission, MailLeavesWhenItsTimeHasCome) {
  const int number = send_later({"carol@one.example"}, hours(48));
  world.pass(hours(48) - minutes(1));
  EXPECT_EQ(receiver.taken.size(), 0u);
  world.pass(minutes(2));
  EXPECT_EQ(RelayWorld::count(receiver, number, "carol@one.example"), 1);
  EXPECT_EQ(world.told(kAlice).size(), 0u) << "nobody was told of a delay";
}

TEST_F(RelaySubmission, WhatWaitsOutlivesARestartAndAPowerCut) {
  const int number = send_later({"carol@one.example", kBob}, hours(2));
  world.stop();
  world.start();
  world.pass(hours(1));
  world.crash(SimDisk::Loss::everything);
  EXPECT_EQ(world.queued(), 2u);
  world.pass(hours(1) + minutes(1));
  EXPECT_EQ(world.queued(), 0u);
  EXPECT_EQ(RelayWorld::count(receiver, number, "carol@one.example"), 1);
  EXPECT_EQ(world.inbox(kBob).size(), 1u);
}

TEST_F(RelaySubmission, OurOwnUsersWaitToo) {
  const int number = send_later({kBob, "nobody@example.org", "away@example.org"}, hours(1),
                                {.said = true, .success = true, .failure = true});
  world.pass(minutes(59));
  EXPECT_EQ(world.inbox(kBob).size(), 0u);
  world.pass(minutes(3));
  EXPECT_EQ(world.queued(), 0u);
  const std::vector<std::string> inbox = world.inbox(kBob);
  ASSERT_EQ(inbox.size(), 1u);
  EXPECT_TRUE(inbox[0].starts_with("Return-Path: <alice@example.org>\r\nReceived: "));
  EXPECT_EQ(RelayWorld::number_of(inbox[0]), number);
  EXPECT_EQ(RelayWorld::count(receiver, number, "eve@one.example"), 1);
  EXPECT_EQ(receiver.taken[0].from, kAlice) << "it is of the domain that the alias is of";
  std::vector<std::string> actions;
  for (const Told& told : world.told(kAlice)) actions.push_back(told.recipient + " " + told.action);
  std::ranges::sort(actions);
  EXPECT_EQ(actions, (std::vector<std::string>{"away@example.org expanded", "bob@example.org delivered",
                                               "nobody@example.org failed"}));
}

TEST_F(RelaySubmission, AgeCountsFromTheRelease) {
  receiver.fault = [](Step step, auto&) { return step == Step::recipient ? Fault::transient : Fault::none; };
  const int number = send_later({"carol@one.example"}, hours(24));
  world.pass(hours(24 + 3));
  EXPECT_EQ(world.told(kAlice).size(), 0u);
  world.pass(hours(2));
  EXPECT_EQ(world.told(kAlice), (Reports{{number, "carol@one.example", "delayed"}}));
  world.pass(hours(6));
  EXPECT_EQ(world.queued(), 1u);
  world.pass(hours(4));
  EXPECT_EQ(world.queued(), 0u);
}

TEST_F(RelaySubmission, WhatIsNotDeliveredInTimeIsReturned) {
  receiver.abilities.emplace_back("DELIVERBY");
  receiver.fault = [](Step step, auto&) { return step == Step::recipient ? Fault::transient : Fault::none; };
  const int number = send_by(minutes(90), true);
  world.pass(minutes(89));
  EXPECT_EQ(world.queued(), 1u);
  world.pass(minutes(3));
  EXPECT_EQ(world.queued(), 0u);
  EXPECT_EQ(world.told(kAlice), (Reports{{number, "carol@one.example", "failed"}}));
  EXPECT_NE(world.inbox(kAlice)[0].find("Status: 5.4.7"), std::string::npos);
}

TEST_F(RelaySubmission, OrItsSenderIsToldOnceAndItGoesOn) {
  receiver.fault = [](Step step, auto&) { return step == Step::recipient ? Fault::transient : Fault::none; };
  const int number = send_by(minutes(10), false);
  world.pass(hours(1));
  EXPECT_EQ(world.queued(), 1u);
  EXPECT_EQ(world.told(kAlice), (Reports{{number, "carol@one.example", "delayed"}}));
}

TEST_F(RelaySubmission, TheTimeThatIsLeftIsPassedOn) {
  receiver.abilities.emplace_back("DELIVERBY 60");
  int refusals = 1;
  receiver.fault = [&](Step step, auto&) {
    return step == Step::recipient && refusals-- > 0 ? Fault::transient : Fault::none;
  };
  send_by(minutes(20), true, true);
  world.pass(minutes(6));
  ASSERT_EQ(receiver.taken.size(), 1u);
  const std::string& parameters = receiver.taken[0].parameters;
  const std::size_t at = parameters.find("BY=");
  ASSERT_NE(at, std::string::npos) << parameters;
  const int left = std::stoi(parameters.substr(at + 3));
  EXPECT_LE(left, 15 * 60);
  EXPECT_GT(left, 14 * 60);
  EXPECT_NE(parameters.find(";RT"), std::string::npos);
  EXPECT_EQ(world.told(kAlice).size(), 1u) << "the sender wants to know of every server";
}

TEST_F(RelaySubmission, AServerThatKnowsNoTimeGetsNothingThatIsToBeReturned) {
  const int number = send_by(hours(1), true);
  world.pass(seconds(10));
  EXPECT_EQ(receiver.taken.size(), 0u);
  EXPECT_EQ(world.told(kAlice), (Reports{{number, "carol@one.example", "failed"}}));
}

TEST_F(RelaySubmission, TheSenderHearsThatNobodyLooksAtTheTimeAnyMore) {
  const int number = send_by(hours(1), false);
  const int quiet = send_by(hours(1), false, false, {.said = true});
  world.pass(seconds(10));
  EXPECT_EQ(receiver.taken.size(), 2u);
  EXPECT_EQ(receiver.taken[0].parameters.find("BY="), std::string::npos);
  EXPECT_EQ(world.told(kAlice), (Reports{{number, "carol@one.example", "relayed"}})) << quiet;
}

TEST_F(RelaySubmission, MoreUrgentMailGoesFirst) {
  receiver.abilities.emplace_back("MT-PRIORITY");
  receiver.pause = seconds(1);
  std::vector<int> numbers;
  for (const int priority : {0, -3, 4, 0, 9}) {
    Outgoing outgoing = to({"carol@one.example"});
    outgoing.priority = priority;
    outgoing.release = in(minutes(1));
    numbers.push_back(world.send(kAlice, std::move(outgoing)));
  }
  world.pass(minutes(3));
  std::vector<int> order;
  for (const Receiver::Taken& taken : receiver.taken) order.push_back(RelayWorld::number_of(taken.content));
  EXPECT_EQ(order, (std::vector<int>{numbers[4], numbers[2], numbers[0], numbers[3], numbers[1]}));
  EXPECT_NE(receiver.taken[0].parameters.find("MT-PRIORITY=9"), std::string::npos);
  EXPECT_EQ(receiver.taken[2].parameters.find("MT-PRIORITY"), std::string::npos);
}

// RFC 6531 3.6
TEST_F(RelaySubmission, WhatNeedsSmtputf8IsReturnedWhereItIsMissing) {
  Outgoing outgoing = to({"j\xc3\xb6rg@one.example"});
  outgoing.utf8 = true;
  world.send(kAlice, std::move(outgoing));
  world.pass(seconds(10));
  EXPECT_EQ(receiver.taken.size(), 0u);
  ASSERT_EQ(world.inbox(kAlice).size(), 1u);
  const std::string report = world.inbox(kAlice)[0];
  EXPECT_NE(report.find("5.6.7"), std::string::npos) << report;
  EXPECT_NE(report.find("SMTPUTF8"), std::string::npos) << report;
}

}  // namespace
}  // namespace postroom::testing
