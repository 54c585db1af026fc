// The TLS that a message demands of its servers, or does without (RFC 8689).
#include "tests/unit/relay/connector_fixture.h"

namespace postroom::relay {
namespace {

class ConnectorDemandTest : public ConnectorTest {
 protected:
  ConnectorDemandTest() { demand = TlsDemand::required; }

  /// A server that has the extension.
  Receiver& able(const std::string& name, const std::string& address) {
    Receiver& made = host(name, address);
    made.abilities = {"STARTTLS", "REQUIRETLS"};
    return made;
  }
};

TEST_F(ConnectorDemandTest, ByDane) {
  able("a.example", "192.0.2.1");
  secure("a.example", usable());
  EXPECT_EQ(connect(), "a.example by TLS");
  EXPECT_EQ(dialer.policies.back().verify, Verify::dane);
}

TEST_F(ConnectorDemandTest, ByACertificateWhereDnssecVouchesForTheHost) {
  able("a.example", "192.0.2.1");
  targets.secure = true;
  EXPECT_EQ(connect(), "a.example by TLS");
  EXPECT_EQ(dialer.policies.back().verify, Verify::pki);
  EXPECT_EQ(dialer.policies.back().names, Names{"a.example"});
}

TEST_F(ConnectorDemandTest, ByMtaStsAlsoInTesting) {
  able("a.example", "192.0.2.1");
  for (const auto mode : {StsPolicy::Mode::enforce, StsPolicy::Mode::testing}) {
    obey(mode, {"a.example"});
    dialer.verifying_fails = false;
    EXPECT_EQ(connect(), "a.example by TLS");
    EXPECT_EQ(dialer.policies.back().verify, Verify::pki);
    dialer.verifying_fails = true;
    EXPECT_TRUE(connect().starts_with("a.example: 454 4.7.5 handshake failed"));
    EXPECT_EQ(connected.unmet, "5.7.10");
  }
}

TEST_F(ConnectorDemandTest, ByARouteThatRequiresTls) {
  able("relay.example", "192.0.2.1");
  route.host = "relay.example";
  route.tls = Route::Tls::required;
  EXPECT_EQ(connect(), "relay.example by TLS");
  dialer.verifying_fails = true;
  EXPECT_NE(connect(), "relay.example by TLS");
  EXPECT_EQ(connected.unmet, "5.7.10");
}

TEST_F(ConnectorDemandTest, NotWhereNobodyVouchesForTheHost) {
  able("a.example", "192.0.2.1");
  EXPECT_EQ(connect(),
            "neither DNSSEC nor MTA-STS vouches for a.example, as the message's REQUIRETLS demands");
  EXPECT_EQ(connected.unmet, "5.7.10");
  EXPECT_TRUE(dialer.dialed.empty());
}

TEST_F(ConnectorDemandTest, NotWithoutTls) {
  able("a.example", "192.0.2.1").abilities = {"REQUIRETLS"};
  targets.secure = true;
  EXPECT_EQ(
      connect(),
      "a.example: 451 4.7.4 it has to have TLS, and does not offer it; TLS is demanded by the message's "
      "REQUIRETLS");
  EXPECT_EQ(connected.unmet, "5.7.10");
}

TEST_F(ConnectorDemandTest, NotToAServerWithoutTheExtension) {
  Receiver& receiver = host("a.example", "192.0.2.1");
  receiver.abilities = {"STARTTLS"};
  targets.secure = true;
  EXPECT_EQ(connect(), "a.example: 550 5.7.30 it does not support REQUIRETLS");
  EXPECT_EQ(connected.unmet, "5.7.30");
  EXPECT_EQ(receiver.heard.back(), "QUIT");
  able("b.example", "192.0.2.2");
  EXPECT_EQ(connect(), "b.example by TLS");
}

// Whoever can cut a connection, or hide a record, must not be able to have mail returned.
TEST_F(ConnectorDemandTest, IsNotUnmetForGoodWhereNotAllCouldBeAsked) {
  able("a.example", "192.0.2.1");
  targets.sts.unsure = true;
  EXPECT_EQ(connect(),
            "neither DNSSEC nor MTA-STS vouches for a.example, as the message's REQUIRETLS demands");
  EXPECT_EQ(connected.unmet, "");
  targets.secure = true;
  dialer.gone = true;
  EXPECT_TRUE(connect().starts_with("a.example: 454 4.7.0 handshake failed: peer closed"));
  EXPECT_EQ(connected.unmet, "");
}

// What is a matter of the moment may be better next time.
TEST_F(ConnectorDemandTest, IsNotUnmetForGoodWhereSomeHostCannotBeReached) {
  host("a.example", "192.0.2.1").abilities = {"STARTTLS"};
  Receiver& second = able("b.example", "192.0.2.2");
  targets.secure = true;
  for (const Fault fault : {Fault::transient, Fault::reset}) {
    second.fault = [fault](Step at, auto&) { return at == Step::tls ? fault : Fault::none; };
    EXPECT_EQ(connect(), "a.example: 550 5.7.30 it does not support REQUIRETLS");
    EXPECT_EQ(connected.unmet, "");
  }
  dialer.peers.erase("192.0.2.2");
  EXPECT_EQ(connect(), "a.example: 550 5.7.30 it does not support REQUIRETLS");
  EXPECT_EQ(connected.unmet, "");
}

// RFC 8689 4.2.2
TEST_F(ConnectorDemandTest, WhatDoesWithoutTlsGoesAsItCan) {
  Receiver& receiver = host("a.example", "192.0.2.1");
  receiver.abilities = {"STARTTLS"};
  demand = TlsDemand::optional;
  secure("a.example", usable());
  obey(StsPolicy::Mode::enforce, {"b.example"});
  dialer.verifying_fails = true;
  EXPECT_EQ(connect(), "a.example by TLS");
  receiver.abilities = {};
  EXPECT_EQ(connect(), "a.example");
  resolver["_25._tcp.a.example"].lookup = Lookup::bogus;
  EXPECT_EQ(connect(), "a.example");
}

// It is what the recipient's servers want that is passed over, not what the administrator does.
TEST_F(ConnectorDemandTest, ARouteThatRequiresTlsDoesSoAlways) {
  host("relay.example", "192.0.2.1").abilities = {};
  demand = TlsDemand::optional;
  route.host = "relay.example";
  route.tls = Route::Tls::required;
  EXPECT_NE(connect(), "relay.example");
}

}  // namespace
}  // namespace postroom::relay
