// Mail whose sender demands TLS, or does without (RFC 8689).
#include "tests/relay/world.h"

namespace postroom::testing {
namespace {

using Reports = std::vector<Told>;
using Names = std::vector<std::string>;

const std::string kAlice = "alice@example.org";
const std::string kCarol = "carol@one.example";

class RelayDemandTest : public ::testing::Test {
 protected:
  RelayDemandTest() {
    world.options.schedule.give_up = hours(12);
    world.start();
    receiver.abilities = {"STARTTLS", "REQUIRETLS", "DSN"};
    world.resolver["_mta-sts.one.example"].txt = {"v=STSv1; id=1"};
    world.resolver["mta-sts.one.example"].addresses = {"192.0.2.80"};
    world.fetcher.put_policy("one.example",
                             "version: STSv1\nmode: enforce\nmx: mx.one.example\nmax_age: 86400\n");
  }

  int send(TlsDemand demand, const std::string& from = kAlice, Ret ret = Ret::unsaid) {
    Outgoing outgoing;
    outgoing.tls = demand;
    outgoing.dsn.ret = ret;
    outgoing.recipients.emplace_back(kCarol);
    return world.send(from, std::move(outgoing));
  }
  int delivered(int number) { return RelayWorld::count(receiver, number, kCarol); }

  RelayWorld world;
  Receiver& receiver = world.domain("one.example");
};

TEST_F(RelayDemandTest, GoesToAServerThatShowsWhoItIs) {
  const int number = send(TlsDemand::required);
  world.pass(seconds(10));
  EXPECT_EQ(delivered(number), 1);
  ASSERT_EQ(receiver.taken.size(), 1u);
  EXPECT_TRUE(receiver.taken[0].tls);
  EXPECT_NE(receiver.taken[0].parameters.find(" REQUIRETLS"), std::string::npos);
}

TEST_F(RelayDemandTest, OtherMailToItSaysNothing) {
  const int number = send(TlsDemand::usual);
  world.pass(seconds(10));
  EXPECT_EQ(delivered(number), 1);
  EXPECT_EQ(receiver.taken[0].parameters.find("REQUIRETLS"), std::string::npos);
}

TEST_F(RelayDemandTest, ComesBackFromAServerWithoutTheExtension) {
  receiver.abilities = {"STARTTLS"};
  const int number = send(TlsDemand::required, kAlice, Ret::full);
  const int other = send(TlsDemand::usual);
  world.pass(seconds(10));
  EXPECT_EQ(world.queued(), 0u);
  EXPECT_EQ(delivered(number), 0);
  EXPECT_EQ(delivered(other), 1) << "other mail is not held up";
  EXPECT_EQ(world.told(kAlice), (Reports{{number, kCarol, "failed"}}));
  const std::string report = world.inbox(kAlice).at(0);
  EXPECT_NE(report.find("Status: 5.7.30\r\n"), std::string::npos) << report;
  EXPECT_NE(report.find("text/rfc822-headers"), std::string::npos) << "RFC 8689 5";
}

TEST_F(RelayDemandTest, ComesBackWhereNobodyVouchesForTheServer) {
  world.resolver["_mta-sts.one.example"].txt.clear();
  const int number = send(TlsDemand::required);
  world.pass(seconds(10));
  EXPECT_EQ(world.told(kAlice), (Reports{{number, kCarol, "failed"}}));
  EXPECT_NE(world.inbox(kAlice).at(0).find("Status: 5.7.10\r\n"), std::string::npos);
}

TEST_F(RelayDemandTest, DoesNotTakeAConnectionThatOtherMailHasLeftOpen) {
  world.resolver["_mta-sts.one.example"].txt.clear();
  const int other = send(TlsDemand::usual);
  const int number = send(TlsDemand::required);
  world.pass(seconds(1));
  EXPECT_EQ(delivered(other), 1);
  EXPECT_EQ(delivered(number), 0);
  EXPECT_EQ(world.told(kAlice), (Reports{{number, kCarol, "failed"}}));
}

TEST_F(RelayDemandTest, LeavesNoConnectionOpenForOtherMail) {
  world.dialer.verifying_fails = true;
  const int goes = send(TlsDemand::optional);
  const int waits = send(TlsDemand::usual);
  world.pass(seconds(1));
  EXPECT_EQ(delivered(goes), 1);
  EXPECT_EQ(delivered(waits), 0);
}

TEST_F(RelayDemandTest, WaitsForAServerThatIsDown) {
  const FakeDialer::Peer peer = world.dialer.peers[world.address_of("one.example")];
  world.dialer.peers.erase(world.address_of("one.example"));
  const int number = send(TlsDemand::required);
  world.pass(hours(1));
  EXPECT_EQ(world.queued(), 1u);
  world.dialer.peers[world.address_of("one.example")] = peer;
  EXPECT_TRUE(world.finish(hours(5)));
  EXPECT_EQ(delivered(number), 1);
}

TEST_F(RelayDemandTest, GivesUpOnAServerThatStaysDown) {
  world.dialer.peers.erase(world.address_of("one.example"));
  const int number = send(TlsDemand::required);
  EXPECT_TRUE(world.finish(hours(14)));
  EXPECT_EQ(world.told(kAlice), (Reports{{number, kCarol, "delayed"}, {number, kCarol, "failed"}}));
}

// RFC 8689 5: the report has the same demand, but is not lost for it.
TEST_F(RelayDemandTest, AReportGoesBackTheSameWay) {
  receiver.fault = [](Receiver::Step step, const std::string& to) {
    return step == Receiver::Step::recipient && to == kCarol ? Receiver::Fault::permanent
                                                             : Receiver::Fault::none;
  };
  Receiver& sender = world.domain("two.example");
  for (const Names& abilities : {Names{"STARTTLS", "REQUIRETLS"}, Names{"STARTTLS"}, Names{}}) {
    sender.abilities = abilities;
    sender.taken.clear();
    send(TlsDemand::required, "eve@two.example");
    world.pass(seconds(10));
    ASSERT_EQ(sender.taken.size(), 1u);
    EXPECT_EQ(sender.taken[0].from, "");
    const bool asked = sender.taken[0].parameters.find(" REQUIRETLS") != std::string::npos;
    EXPECT_EQ(asked, abilities.size() == 2);
  }
}

// RFC 8689 4.2.2, 8.4
TEST_F(RelayDemandTest, WhatDoesWithoutGoesWhereOtherMailWaits) {
  world.dialer.verifying_fails = true;
  const int waits = send(TlsDemand::usual);
  world.pass(seconds(10));
  EXPECT_EQ(delivered(waits), 0);
  const int goes = send(TlsDemand::optional);
  world.pass(minutes(10));
  EXPECT_EQ(delivered(goes), 1);
  EXPECT_EQ(delivered(waits), 0);
  EXPECT_TRUE(receiver.taken[0].tls) << "where it can be had";
}

}  // namespace
}  // namespace postroom::testing
