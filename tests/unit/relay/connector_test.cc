// From a destination's hosts to a connection, with the TLS that it has to have.
#include "tests/unit/relay/connector_fixture.h"

namespace postroom::relay {
namespace {

TEST_F(ConnectorTest, TheFirstHost) {
  Receiver& first = host("a.example", "192.0.2.1");
  const Receiver& second = host("b.example", "192.0.2.2");
  EXPECT_EQ(connect(), "a.example");
  EXPECT_EQ(first.heard, Names{"EHLO mail.example.org"});
  EXPECT_EQ(second.connections, 0u);
}

TEST_F(ConnectorTest, TheNextOneWhereTheFirstIsDown) {
  host("a.example", "192.0.2.1");
  host("b.example", "192.0.2.2");
  dialer.peers.erase("192.0.2.1");
  EXPECT_EQ(connect(), "b.example");
  EXPECT_EQ(dialer.dialed, (Names{"192.0.2.1:25", "192.0.2.2:25"}));
}

TEST_F(ConnectorTest, TheNextOneWhereTheFirstDoesNotAnswer) {
  host("a.example", "192.0.2.1");
  host("b.example", "192.0.2.2");
  dialer.peers["192.0.2.1"].serve = nullptr;
  EXPECT_EQ(connect(), "b.example");
}

TEST_F(ConnectorTest, TheNextOneWhereTheFirstIsNotWilling) {
  for (const Fault fault : {Fault::busy, Fault::permanent, Fault::transient, Fault::reset, Fault::close,
                            Fault::hang, Fault::nonsense}) {
    for (const Step step : {Step::greeting, Step::hello}) {
      targets.hosts.clear();
      host("a.example", "192.0.2.1").fault = [=](Step at, auto&) { return at == step ? fault : Fault::none; };
      host("b.example", "192.0.2.2");
      EXPECT_EQ(connect(), "b.example") << static_cast<int>(fault) << " at " << static_cast<int>(step);
    }
  }
}

TEST_F(ConnectorTest, SaysOfTheFirstHostWhy) {
  host("a.example", "192.0.2.1").fault = [](Step, auto&) { return Fault::busy; };
  host("b.example", "192.0.2.2");
  dialer.peers.erase("192.0.2.2");
  EXPECT_EQ(connect(), "a.example: 421 4.3.2 good night");
  targets.hosts.erase(targets.hosts.begin());
  EXPECT_EQ(connect(), "b.example: Connection refused");
}

TEST_F(ConnectorTest, AHostWithoutAddressIsPassedOver) {
  host("a.example", "192.0.2.1");
  resolver["a.example"].addresses.clear();
  EXPECT_EQ(connect(), "a.example has no address");
  host("b.example", "192.0.2.2");
  EXPECT_EQ(connect(), "b.example");
  resolver["b.example"].lookup = Lookup::bogus;
  EXPECT_TRUE(connect().starts_with("a.example"));
}

TEST_F(ConnectorTest, AnAddressIsNotLookedUp) {
  listen("192.0.2.9");
  Target& literal = targets.hosts.emplace_back();
  literal.host = "[192.0.2.9]";
  literal.addresses = {"192.0.2.9"};
  EXPECT_EQ(connect(), "[192.0.2.9]");
  EXPECT_TRUE(resolver.asked.empty());
}

TEST_F(ConnectorTest, TlsWhereItIsOffered) {
  host("a.example", "192.0.2.1").abilities = {"STARTTLS"};
  EXPECT_EQ(connect(), "a.example by TLS");
  ASSERT_EQ(dialer.policies.size(), 1u);
  EXPECT_EQ(dialer.policies[0].verify, Verify::nothing);
  EXPECT_EQ(dialer.policies[0].server_name, "a.example");
}

TEST_F(ConnectorTest, PlainOnceMoreWhereTlsFails) {
  Receiver& receiver = host("a.example", "192.0.2.1");
  receiver.abilities = {"STARTTLS"};
  dialer.tls_fails = true;
  EXPECT_EQ(connect(), "a.example");
  EXPECT_EQ(receiver.connections, 2u);
  dialer.tls_fails = false;
  for (const Fault fault : {Fault::transient, Fault::permanent, Fault::reset, Fault::hang, Fault::nonsense}) {
    receiver.fault = [=](Step at, auto&) { return at == Step::tls ? fault : Fault::none; };
    EXPECT_EQ(connect(), "a.example") << static_cast<int>(fault);
  }
}

TEST_F(ConnectorTest, DaneWhereTheDnsIsSecure) {
  host("a.example", "192.0.2.1").abilities = {"STARTTLS"};
  secure("a.example", usable());
  EXPECT_EQ(connect(), "a.example by TLS");
  ASSERT_EQ(dialer.policies.size(), 1u);
  EXPECT_EQ(dialer.policies[0].verify, Verify::dane);
  EXPECT_EQ(dialer.policies[0].tlsa.size(), 1u);
  EXPECT_EQ(dialer.policies[0].names, Names{"a.example"});
}

// RFC 7672 2.2: never plain then.
TEST_F(ConnectorTest, DaneThatFailsIsNoReasonToGoPlain) {
  Receiver& receiver = host("a.example", "192.0.2.1");
  receiver.abilities = {"STARTTLS"};
  secure("a.example", usable());
  dialer.verifying_fails = true;
  EXPECT_TRUE(connect().starts_with("a.example: 454 4.7.5 handshake failed"));
  EXPECT_EQ(receiver.connections, 1u);
  dialer.verifying_fails = false;
  receiver.abilities = {};
  EXPECT_EQ(connected.client, nullptr);
  EXPECT_NE(connect(), "a.example");
  host("b.example", "192.0.2.2");
  EXPECT_EQ(connect(), "b.example") << "there, nobody promised TLS";
}

TEST_F(ConnectorTest, TlsaThatIsOfNoUseDemandsTlsOfAnyKind) {
  Receiver& receiver = host("a.example", "192.0.2.1");
  receiver.abilities = {"STARTTLS"};
  std::vector<Tlsa> odd = usable();
  odd[0].usage = 0;
  secure("a.example", odd);
  EXPECT_EQ(connect(), "a.example by TLS");
  EXPECT_EQ(dialer.policies.back().verify, Verify::nothing);
  dialer.tls_fails = true;
  EXPECT_TRUE(connect().starts_with("a.example: "));
}

TEST_F(ConnectorTest, AHostWhoseTlsaCannotBeReadIsPassedOver) {
  host("a.example", "192.0.2.1").abilities = {"STARTTLS"};
  host("b.example", "192.0.2.2");
  for (const Lookup lookup : {Lookup::failed, Lookup::bogus}) {
    secure("a.example", {});
    resolver["_25._tcp.a.example"].lookup = lookup;
    EXPECT_EQ(connect(), "b.example");
  }
  EXPECT_TRUE(dialer.policies.empty());
}

TEST_F(ConnectorTest, TlsaCountsForNothingWithoutDnssec) {
  host("a.example", "192.0.2.1");
  secure("a.example", usable());
  targets.secure = false;
  EXPECT_EQ(connect(), "a.example");
  targets.secure = true;
  resolver["a.example"].secure = false;
  EXPECT_EQ(connect(), "a.example");
  resolver["a.example"].secure = true;
  resolver["_25._tcp.a.example"].secure = false;
  EXPECT_EQ(connect(), "a.example");
  resolver["_25._tcp.a.example"].lookup = Lookup::no_name;
  EXPECT_EQ(connect(), "a.example");
}

TEST_F(ConnectorTest, ARouteThatRequiresTls) {
  Receiver& receiver = host("relay.example", "192.0.2.1");
  receiver.abilities = {"STARTTLS", "AUTH PLAIN"};
  route.host = "relay.example";
  route.port = 587;
  route.tls = Route::Tls::required;
  route.user = "alice";
  route.password = "secret";
  EXPECT_EQ(connect(), "relay.example by TLS");
  EXPECT_EQ(dialer.dialed.back(), "192.0.2.1:587");
  EXPECT_EQ(dialer.policies.back().verify, Verify::pki);
  EXPECT_EQ(dialer.policies.back().names, Names{"relay.example"});
  EXPECT_EQ(receiver.heard.back(), "AUTH PLAIN AGFsaWNlAHNlY3JldA==");
  receiver.heard.clear();
  receiver.abilities = {"AUTH PLAIN"};
  EXPECT_NE(connect(), "relay.example");
  dialer.verifying_fails = true;
  receiver.abilities = {"STARTTLS", "AUTH PLAIN"};
  EXPECT_TRUE(connect().starts_with("relay.example: "));
  for (const std::string& line : receiver.heard) EXPECT_FALSE(line.starts_with("AUTH")) << line;
}

// What the operator asked for is not changed by what the DNS says.
TEST_F(ConnectorTest, ARouteThatRequiresTlsIsNotHeldToTlsa) {
  host("relay.example", "192.0.2.1").abilities = {"STARTTLS"};
  secure("relay.example", usable());
  route.host = "relay.example";
  route.tls = Route::Tls::required;
  EXPECT_EQ(connect(), "relay.example by TLS");
  EXPECT_EQ(dialer.policies.back().verify, Verify::pki);
}

TEST_F(ConnectorTest, ALoginThatIsRefused) {
  Receiver& receiver = host("relay.example", "192.0.2.1");
  receiver.abilities = {"STARTTLS", "AUTH PLAIN"};
  receiver.fault = [](Step at, auto&) { return at == Step::login ? Fault::permanent : Fault::none; };
  route.host = "relay.example";
  route.tls = Route::Tls::required;
  route.user = "alice";
  EXPECT_EQ(connect(), "relay.example: 550 5.1.1 nobody is there");
  EXPECT_EQ(receiver.heard.back(), "QUIT");
}

TEST_F(ConnectorTest, ARouteWithTlsAtOnce) {
  Receiver& receiver = host("relay.example", "192.0.2.1");
  route.host = "relay.example";
  route.port = 465;
  route.tls = Route::Tls::at_once;
  EXPECT_EQ(connect(), "relay.example by TLS");
  EXPECT_EQ(receiver.heard, Names{"EHLO mail.example.org"});
  EXPECT_EQ(dialer.policies.back().verify, Verify::pki);
  dialer.verifying_fails = true;
  const std::string failed = connect();
  EXPECT_NE(failed, "relay.example");
  EXPECT_NE(failed.find("certificate has expired"), std::string::npos) << failed;
}

TEST_F(ConnectorTest, TlsAtOnceThatCannotEvenBegin) {
  host("relay.example", "192.0.2.1");
  route.host = "relay.example";
  route.tls = Route::Tls::at_once;
  dialer.gone = true;
  EXPECT_EQ(connect(), "relay.example: peer closed");
}

// A stop ends what waits, and nothing else is begun.
TEST_F(ConnectorTest, NoOtherHostAfterAnAbort) {
  host("a.example", "192.0.2.1").fault = [](Step, auto&) { return Fault::hang; };
  host("b.example", "192.0.2.2").abilities = {"STARTTLS"};
  std::optional<Connected> result;
  std::exception_ptr error;
  runtime.spawn(testing::detail::keep_result(connector.connect(targets, route, demand), result, error));
  runtime.advance(std::chrono::seconds(1));
  EXPECT_FALSE(result);
  clients.abort();
  runtime.advance(std::chrono::seconds(1));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->client, nullptr);
  EXPECT_EQ(dialer.dialed, Names{"192.0.2.1:25"});
}

// RFC 7672 2.2.2
TEST_F(ConnectorTest, TlsaRecordsOfAnAliasAreThoseOfItsRealName) {
  Receiver& receiver = host("mx.one.example", "192.0.2.1");
  receiver.abilities.emplace_back("STARTTLS");
  targets.domain = "one.example";
  resolver["mx.one.example"].alias_of = "real.example.net";
  secure("mx.one.example", usable());
  secure("real.example.net", usable());
  EXPECT_EQ(connect(), "mx.one.example by TLS");
  ASSERT_EQ(dialer.policies.size(), 1u);
  EXPECT_EQ(dialer.policies[0].verify, Verify::dane);
  EXPECT_EQ(dialer.policies[0].server_name, "real.example.net");
  EXPECT_EQ(dialer.policies[0].names, (Names{"real.example.net", "mx.one.example", "one.example"}));

  resolver["_25._tcp.real.example.net"].tlsa.clear();
  EXPECT_EQ(connect(), "mx.one.example by TLS");
  EXPECT_EQ(dialer.policies[1].names, (Names{"mx.one.example", "one.example"})) << "or of the alias itself";
  EXPECT_EQ(dialer.policies[1].server_name, "mx.one.example");

  resolver["_25._tcp.real.example.net"].lookup = Lookup::failed;
  EXPECT_EQ(connect(), "the TLSA records of real.example.net cannot be read: as the test wants it");
  resolver["mx.one.example"].secure = false;
  EXPECT_EQ(connect(), "mx.one.example by TLS");
  EXPECT_EQ(dialer.policies[2].verify, Verify::nothing);
}

}  // namespace
}  // namespace postroom::relay
