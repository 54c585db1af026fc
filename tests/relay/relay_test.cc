// What the relay does with mail for one kind of server each.
#include "protocols/smtp/srs.h"
#include "storage/sqlite/queue_admin.h"
#include "storage/sqlite/schema.h"
#include "tests/relay/world.h"

namespace postroom::testing {
namespace {

using Step = Receiver::Step;
using Fault = Receiver::Fault;
using Reports = std::vector<Told>;

const std::string kAlice = "alice@example.org";
const std::string kPostmaster = "postmaster@example.org";

class RelayTest : public ::testing::Test {
 protected:
  RelayTest() { world.start(); }

  /// When somebody was dialed, in minutes from now on; the attempt that was just made is one of them.
  std::vector<long> minutes_of_attempts(Duration most) {
    std::vector<long> all;
    const TimePoint begin = world.runtime.now();
    std::size_t seen = 0;
    while (world.runtime.now() < begin + most) {
      world.pass(seconds(10));
      for (; seen < world.dialer.dialed.size(); ++seen)
        all.push_back(std::chrono::floor<minutes>(world.runtime.now() - begin).count());
    }
    return all;
  }

  RelayWorld world;
};

TEST_F(RelayTest, MailGoesOutAtOnce) {
  Receiver& receiver = world.domain("one.example");
  const int number = world.send(kAlice, {"carol@one.example", "dave@One.example"}, {}, 200'000);
  world.pass(seconds(1));
  ASSERT_EQ(receiver.taken.size(), 1u);
  EXPECT_EQ(receiver.taken[0].from, kAlice);
  EXPECT_EQ(receiver.taken[0].recipients,
            (std::vector<std::string>{"carol@one.example", "dave@One.example"}));
  EXPECT_EQ(receiver.taken[0].content, RelayWorld::text(number, 200'000)) << "without our Return-Path";
  EXPECT_EQ(world.queued(), 0u);
  EXPECT_EQ(world.inbox(kAlice).size(), 0u);
  world.pass(seconds(5));
  EXPECT_EQ(receiver.inside, 0u);
  EXPECT_EQ(receiver.heard.back(), "QUIT");
}

// RFC 8461 5: it is put off, and its sender hears why.
TEST_F(RelayTest, MailWaitsForAServerAsMtaStsWantsIt) {
  Receiver& receiver = world.domain("one.example");
  receiver.abilities = {"STARTTLS"};
  world.resolver["_mta-sts.one.example"].txt = {"v=STSv1; id=1"};
  world.resolver["mta-sts.one.example"].addresses = {"192.0.2.80"};
  world.fetcher.put_policy("one.example",
                           "version: STSv1\nmode: enforce\nmx: mx.one.example\nmax_age: 86400\n");
  world.dialer.verifying_fails = true;
  const int number = world.send(kAlice, {"carol@one.example"});
  world.pass(seconds(10));
  world.stop();
  world.fetcher.pages.clear();
  world.resolver["_mta-sts.one.example"].lookup = relay::Lookup::failed;
  world.start();
  world.pass(hours(5));
  EXPECT_EQ(receiver.taken.size(), 0u);
  EXPECT_EQ(world.told(kAlice), (Reports{{number, "carol@one.example", "delayed"}}));
  EXPECT_NE(world.inbox(kAlice)[0].find("MTA-STS policy"), std::string::npos) << world.inbox(kAlice)[0];
  world.dialer.verifying_fails = false;
  EXPECT_TRUE(world.finish(hours(5)));
  EXPECT_EQ(receiver.taken.size(), 1u);
}

TEST_F(RelayTest, MtaStsOfAHostChosenByHandIsItsOwn) {
  world.stop();
  relay::Route route;
  route.host = "Relay.example";
  world.options.routes.add("*", route);
  world.start();
  Receiver& receiver = world.domain("relay.example");
  world.resolver["Relay.example"].addresses = {world.address_of("relay.example")};
  receiver.abilities = {"STARTTLS"};
  world.resolver["_mta-sts.relay.example"].txt = {"v=STSv1; id=1"};
  world.resolver["mta-sts.relay.example"].addresses = {"192.0.2.80"};
  world.fetcher.put_policy("relay.example",
                           "version: STSv1\nmode: enforce\nmx: relay.example\nmax_age: 86400\n");
  world.dialer.verifying_fails = true;
  world.send(kAlice, {"carol@one.example"});
  world.pass(minutes(1));
  EXPECT_EQ(receiver.taken.size(), 0u);
  world.dialer.verifying_fails = false;
  EXPECT_TRUE(world.finish(hours(1)));
}

TEST_F(RelayTest, EachRecipientEndsAsItsServerSays) {
  Receiver& receiver = world.domain("one.example");
  world.domain("two.example");
  world.resolver["null.example"].mx = {{0, ""}};
  receiver.fault = [](Step, const std::string& to) {
    return to == "no@one.example" ? Fault::permanent : Fault::none;
  };
  const int number = world.send(
      kAlice, {"no@one.example", "yes@one.example", "x@two.example", "x@null.example", "x@missing.example"});
  world.pass(seconds(10));
  EXPECT_EQ(world.queued(), 0u);
  EXPECT_EQ(RelayWorld::count(receiver, number, "yes@one.example"), 1);
  EXPECT_EQ(RelayWorld::count(world.receivers.back(), number, "x@two.example"), 1);
  EXPECT_EQ(world.told(kAlice), (Reports{{number, "no@one.example", "failed"},
                                         {number, "x@missing.example", "failed"},
                                         {number, "x@null.example", "failed"}}));
}

// RFC 5321 4.5.4.1
TEST_F(RelayTest, AServerThatIsDownIsTriedForFiveDays) {
  world.domain("one.example");
  world.dialer.peers.erase(world.address_of("one.example"));
  const int number = world.send(kAlice, {"carol@one.example"});
  std::vector<long> expected{0, 5, 20, 50, 110, 230};
  while (expected.back() + 240 < 5 * 24 * 60) expected.push_back(expected.back() + 240);
  EXPECT_EQ(world.queued(), 1u);
  EXPECT_EQ(minutes_of_attempts(hours(120) - minutes(1)), expected);
  EXPECT_EQ(world.told(kAlice), (Reports{{number, "carol@one.example", "delayed"}}));
  world.dialer.dialed.clear();
  EXPECT_EQ(minutes_of_attempts(hours(10)), std::vector<long>{});
  EXPECT_EQ(world.queued(), 0u);
  EXPECT_EQ(world.told(kAlice),
            (Reports{{number, "carol@one.example", "delayed"}, {number, "carol@one.example", "failed"}}));
}

TEST_F(RelayTest, TellsOfADelayAfterFourHours) {
  world.domain("one.example").fault = [](Step step, auto&) {
    return step == Step::recipient ? Fault::transient : Fault::none;
  };
  world.send(kAlice, {"carol@one.example"});
  world.pass(hours(4) - minutes(1));
  EXPECT_EQ(world.told(kAlice).size(), 0u);
  world.pass(minutes(3));
  EXPECT_EQ(world.told(kAlice).size(), 1u);
}

TEST_F(RelayTest, ARecipientThatIsPutOffIsTriedForFiveDays) {
  world.domain("one.example").fault = [](Step step, auto&) {
    return step == Step::recipient ? Fault::transient : Fault::none;
  };
  const int number = world.send(kAlice, {"carol@one.example"});
  std::vector<long> expected{0, 5, 20, 50, 110, 230};
  while (expected.back() + 240 < 5 * 24 * 60) expected.push_back(expected.back() + 240);
  EXPECT_EQ(minutes_of_attempts(hours(130)), expected);
  EXPECT_EQ(world.told(kAlice),
            (Reports{{number, "carol@one.example", "delayed"}, {number, "carol@one.example", "failed"}}));
}

TEST_F(RelayTest, Greylisting) {
  Receiver& receiver = world.domain("one.example");
  int refusals = 2;
  receiver.fault = [&](Step step, auto&) {
    return step == Step::recipient && refusals-- > 0 ? Fault::transient : Fault::none;
  };
  const int number = world.send(kAlice, {"carol@one.example"});
  EXPECT_TRUE(world.finish(hours(1)));
  EXPECT_EQ(RelayWorld::count(receiver, number, "carol@one.example"), 1);
  EXPECT_EQ(world.inbox(kAlice).size(), 0u);
}

TEST_F(RelayTest, NobodyIsToldWhoWantsNoReport) {
  world.domain("one.example").fault = [](Step step, auto&) {
    return step == Step::recipient ? Fault::permanent : Fault::none;
  };
  world.send(kAlice, {"carol@one.example"}, {.said = true});
  world.send(kAlice, {"x@missing.example"}, {.said = true, .success = true});
  world.pass(minutes(1));
  EXPECT_EQ(world.queued(), 0u);
  EXPECT_EQ(world.inbox(kAlice).size(), 0u);
}

TEST_F(RelayTest, SuccessIsToldWhereTheNextServerWillNot) {
  Receiver& plain = world.domain("one.example");
  Receiver& dsn = world.domain("two.example");
  dsn.abilities.push_back("DSN");
  const Notify success{.said = true, .success = true};
  const int number = world.send(kAlice, {"carol@one.example", "carol@two.example"}, success);
  world.pass(minutes(1));
  EXPECT_EQ(world.told(kAlice), (Reports{{number, "carol@one.example", "relayed"}}));
  ASSERT_EQ(dsn.taken.size(), 1u);
  EXPECT_NE(dsn.taken[0].parameters.find("NOTIFY=SUCCESS"), std::string::npos);
  EXPECT_EQ(plain.taken[0].parameters.find("NOTIFY"), std::string::npos);
}

// RFC 5321 4.5.5: no report about a report goes to others; somebody here should know.
TEST_F(RelayTest, ReportsThatFailGoToThePostmaster) {
  Receiver& receiver = world.domain("one.example");
  receiver.fault = [](Step step, auto&) { return step == Step::recipient ? Fault::permanent : Fault::none; };
  const int number = world.send("", {"carol@one.example"});
  world.pass(minutes(1));
  EXPECT_EQ(world.queued(), 0u);
  EXPECT_EQ(world.told(kPostmaster), (Reports{{number, "carol@one.example", "failed"}}));
  world.send("eve@one.example", {"x@missing.example"});
  world.pass(minutes(1));
  EXPECT_EQ(world.queued(), 0u);
  EXPECT_EQ(receiver.taken.size(), 0u);
  const Reports told = world.told(kPostmaster);
  ASSERT_EQ(told.size(), 2u) << "of the report that could not be sent";
  EXPECT_EQ(told[0].recipient, "eve@one.example");
}

TEST_F(RelayTest, AReportToOutsideIsSent) {
  Receiver& receiver = world.domain("one.example");
  const int number = world.send("eve@one.example", {"x@missing.example"});
  world.pass(minutes(1));
  EXPECT_EQ(world.queued(), 0u);
  ASSERT_EQ(receiver.taken.size(), 1u);
  EXPECT_EQ(receiver.taken[0].from, "");
  EXPECT_EQ(RelayWorld::told_by(receiver.taken[0].content),
            (Reports{{number, "x@missing.example", "failed"}}));
}

TEST_F(RelayTest, AReportToAnAliasOfSomebodyOutsideIsSent) {
  Receiver& receiver = world.domain("one.example");
  world.send("away@example.org", {"x@missing.example"});
  world.pass(minutes(1));
  ASSERT_EQ(receiver.taken.size(), 1u);
  EXPECT_EQ(receiver.taken[0].recipients, std::vector<std::string>{"eve@one.example"});
}

TEST_F(RelayTest, ASenderWhoIsGoneIsToldNothing) {
  world.send("nobody@example.org", {"x@missing.example"});
  world.pass(minutes(1));
  EXPECT_EQ(world.queued(), 0u);
}

TEST_F(RelayTest, WhatCannotBeLookedUpWaits) {
  Receiver& receiver = world.domain("one.example");
  for (const relay::Lookup lookup : {relay::Lookup::failed, relay::Lookup::bogus}) {
    world.resolver["one.example"].lookup = lookup;
    world.send(kAlice, {"carol@one.example"});
    world.pass(minutes(1));
    EXPECT_EQ(world.queued(), 1u);
    world.resolver["one.example"].lookup = relay::Lookup::found;
    EXPECT_TRUE(world.finish(minutes(10)));
  }
  EXPECT_EQ(receiver.taken.size(), 2u);
  EXPECT_EQ(world.inbox(kAlice).size(), 0u);
}

// RFC 7672 2.2: the name of the host is as good as a secure one, and its TLSA records say the rest.
TEST(RelayRoutes, OneWithoutWordOfTlsHasTheTlsThatTheDnsDemands) {
  RelayWorld world;
  Receiver& receiver = world.domain("hub.example");
  world.resolver["mx.hub.example"].secure = true;
  relay::Tlsa one;
  one.usage = 3;
  one.selector = 1;
  one.matching = 1;
  one.data = std::string(32, 'x');
  FakeResolver::Name& tlsa = world.resolver["_26._tcp.mx.hub.example"];
  tlsa.secure = true;
  tlsa.tlsa = {one};
  relay::Route route;
  route.host = "mx.hub.example";
  route.port = 26;
  world.options.routes.add("*", route);
  world.start();
  world.send(kAlice, {"carol@one.example"});
  world.pass(minutes(1));
  EXPECT_EQ(receiver.taken.size(), 0u) << "not in the clear";
  receiver.abilities.emplace_back("STARTTLS");
  world.pass(minutes(5));
  ASSERT_EQ(receiver.taken.size(), 1u);
  EXPECT_TRUE(receiver.taken[0].tls);
  EXPECT_EQ(world.dialer.dialed.back(), world.address_of("hub.example") + ":26");
}

/// A batch is read a hundred messages at a time.
TEST_F(RelayTest, WhatIsHeldWhileMailForItsServerIsUnderWayIsNotSent) {
  Receiver& receiver = world.domain("one.example");
  receiver.pause = seconds(1);
  for (int i = 0; i < 50; ++i) world.send(kAlice, {"carol@one.example"});
  world.pass(seconds(10));
  sqlite::Connection db = world.database();
  sqlite::hold_queue(db, {});
  world.pass(seconds(10));
  const std::size_t taken = receiver.taken.size();
  EXPECT_LT(taken, 30u);
  world.pass(minutes(10));
  EXPECT_EQ(receiver.taken.size(), taken);
  sqlite::release_queue(db, {}, world.runtime.wall_now());
  world.pass(minutes(10));
  EXPECT_EQ(receiver.taken.size(), 50u) << "each once";
}

// What was learnt about a server that could not be reached is over when it can be.
TEST_F(RelayTest, AServerThatIsBackIsPutOffByTheFirstWaitAgain) {
  Receiver& receiver = world.domain("one.example");
  const FakeDialer::Peer peer = world.dialer.peers[world.address_of("one.example")];
  world.dialer.peers.erase(world.address_of("one.example"));
  for (int i = 0; i < 3; ++i) world.send(kAlice, {"carol@one.example"});
  world.pass(hours(3));  // tried after 0, 5, 20, 50, 110 minutes
  world.dialer.peers[world.address_of("one.example")] = peer;
  // Takes one message, and is down again.
  receiver.fault = [&](Step, auto&) { return receiver.taken.empty() ? Fault::none : Fault::busy; };
  world.pass(minutes(51));
  EXPECT_EQ(receiver.taken.size(), 1u);
  receiver.fault = nullptr;
  world.pass(minutes(6));
  EXPECT_EQ(receiver.taken.size(), 3u);
}

TEST(RelayForwards, WhoSentWhatWeForwardedIsToldThatItFailed) {
  RelayWorld world;
  world.options.srs_secret = "a secret";
  world.start();
  world.domain("one.example").fault = [](Step step, auto&) {
    return step == Step::recipient ? Fault::permanent : Fault::none;
  };
  const std::string path =
      smtp::srs_forward(kAlice, "forwarder.example", "a secret", world.runtime.wall_now());
  world.send(path.substr(0, path.rfind('@')) + "@example.org", {"carol@one.example"});
  world.pass(seconds(5));
  EXPECT_EQ(world.queued(), 0u);
  ASSERT_EQ(world.told(kAlice).size(), 1u);
  EXPECT_EQ(world.told(kAlice)[0].recipient, "carol@one.example");
}

/// Many servers end a connection after so many messages, at the beginning of the next one.
TEST_F(RelayTest, AConnectionThatHasCarriedEnoughDelaysNothing) {
  Receiver& receiver = world.domain("one.example");
  receiver.most_messages = 2;
  for (int i = 0; i < 10; ++i) world.send(kAlice, {"carol@one.example"});
  world.pass(seconds(30));
  EXPECT_EQ(receiver.taken.size(), 10u);
  EXPECT_GE(receiver.connections, 5u);
}

/// RFC 5321 4.5.3.1.10
TEST_F(RelayTest, TheRestOfTooManyRecipientsFollowsAtOnce) {
  Receiver& receiver = world.domain("one.example");
  receiver.most_recipients = 3;
  std::vector<std::string> all;
  for (int i = 0; i < 10; ++i) all.push_back("r" + std::to_string(i) + "@one.example");
  world.send(kAlice, all);
  world.pass(seconds(30));
  EXPECT_EQ(receiver.taken.size(), 4u);
  EXPECT_EQ(world.queued(), 0u);
}

}  // namespace
}  // namespace postroom::testing
