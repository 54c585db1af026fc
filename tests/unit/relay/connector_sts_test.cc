// The TLS that a destination has to have by its MTA-STS policy.
#include "tests/unit/relay/connector_fixture.h"

namespace postroom::relay {
namespace {

TEST_F(ConnectorTest, AnMtaStsPolicyDemandsACertificateForTheHost) {
  Receiver& receiver = host("a.example", "192.0.2.1");
  receiver.abilities = {"STARTTLS"};
  obey(StsPolicy::Mode::enforce, {"*.example"});
  EXPECT_EQ(connect(), "a.example by TLS");
  EXPECT_EQ(dialer.policies.back().verify, Verify::pki);
  EXPECT_EQ(dialer.policies.back().names, Names{"a.example"});
  dialer.verifying_fails = true;
  EXPECT_EQ(connect(),
            "a.example: 454 4.7.5 handshake failed: certificate has expired; TLS is demanded by the "
            "domain's MTA-STS policy");
  receiver.abilities = {};
  EXPECT_EQ(connect(),
            "a.example: 451 4.7.4 it has to have TLS, and does not offer it; TLS is demanded by the "
            "domain's MTA-STS policy");
  EXPECT_EQ(receiver.connections, 3u) << "never plain";
}

// RFC 8461 4.1, 8.4
TEST_F(ConnectorTest, AHostThatAnMtaStsPolicyDoesNotNameIsPassedOver) {
  host("a.example", "192.0.2.1").abilities = {"STARTTLS"};
  obey(StsPolicy::Mode::enforce, {"b.example"});
  EXPECT_EQ(connect(), "a.example is none of the servers that the domain's MTA-STS policy names");
  host("B.example", "192.0.2.2").abilities = {"STARTTLS"};
  EXPECT_EQ(connect(), "B.example by TLS");
  EXPECT_EQ(dialer.dialed, Names{"192.0.2.2:25"});
}

// RFC 8461 5
TEST_F(ConnectorTest, AnMtaStsPolicyInTestingStopsNothing) {
  Receiver& receiver = host("a.example", "192.0.2.1");
  receiver.abilities = {"STARTTLS"};
  obey(StsPolicy::Mode::testing, {"a.example"});
  EXPECT_EQ(connect(), "a.example by TLS");
  EXPECT_EQ(dialer.policies.back().verify, Verify::pki);
  dialer.verifying_fails = true;
  EXPECT_EQ(connect(), "a.example by TLS") << "with whatever certificate";
  EXPECT_EQ(dialer.policies.back().verify, Verify::nothing);
  dialer.tls_fails = true;
  EXPECT_EQ(connect(), "a.example");
  receiver.abilities = {};
  EXPECT_EQ(connect(), "a.example");
  obey(StsPolicy::Mode::testing, {"b.example"});
  EXPECT_EQ(connect(), "a.example");
}

TEST_F(ConnectorTest, AnMtaStsPolicyOfNoneIsNone) {
  host("a.example", "192.0.2.1").abilities = {"STARTTLS"};
  obey(StsPolicy::Mode::none, {});
  dialer.verifying_fails = true;
  EXPECT_EQ(connect(), "a.example by TLS");
  EXPECT_EQ(dialer.policies.back().verify, Verify::nothing);
}

// RFC 8461 2
TEST_F(ConnectorTest, DaneGoesBeforeMtaSts) {
  host("a.example", "192.0.2.1").abilities = {"STARTTLS"};
  secure("a.example", usable());
  obey(StsPolicy::Mode::enforce, {"b.example"});
  EXPECT_EQ(connect(), "a.example by TLS");
  EXPECT_EQ(dialer.policies.back().verify, Verify::dane);
}

TEST_F(ConnectorTest, WhereTlsaIsOfNoUseMtaStsCounts) {
  Receiver& receiver = host("a.example", "192.0.2.1");
  receiver.abilities = {"STARTTLS"};
  std::vector<Tlsa> odd = usable();
  odd[0].usage = 0;
  secure("a.example", odd);
  obey(StsPolicy::Mode::enforce, {"a.example"});
  EXPECT_EQ(connect(), "a.example by TLS");
  EXPECT_EQ(dialer.policies.back().verify, Verify::pki);
  obey(StsPolicy::Mode::testing, {"a.example"});
  dialer.verifying_fails = true;
  EXPECT_EQ(connect(), "a.example by TLS") << "which the TLSA record demands";
  dialer.tls_fails = true;
  EXPECT_TRUE(connect().ends_with("TLS is demanded by its TLSA record"));
}

}  // namespace
}  // namespace postroom::relay
