// Where mail for a domain goes.
#include "server/relay/targets.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>

#include "base/text.h"
#include "tests/support/await.h"
#include "tests/support/fake_resolver.h"

namespace postroom::relay {
namespace {

using namespace std::string_literals;

class TargetsTest : public ::testing::Test {
 protected:
  Targets find(const std::string& domain) {
    return await(runtime, find_targets(runtime, resolver, domain, "Mail.Here.Example"));
  }
  /// The hosts, or the failure: "5.1.2 permanent".
  std::string shown(const std::string& domain) {
    const Targets targets = find(domain);
    if (targets.hosts.empty()) {
      EXPECT_FALSE(targets.text.empty());
      EXPECT_EQ(targets.permanent, targets.status.starts_with("5."));
      return targets.status + (targets.permanent ? " permanent" : " for now");
    }
    EXPECT_EQ(targets.status + targets.text, "");
    std::string out;
    for (const Target& target : targets.hosts) {
      out += (out.empty() ? "" : " ") + target.host;
      for (const std::string& address : target.addresses) out += "=" + address;
    }
    return out;
  }

  testing::SimRuntime runtime{7};
  testing::FakeResolver resolver;
};

TEST_F(TargetsTest, MxByPreference) {
  resolver["example.org"].mx = {{30, "c.example.org"}, {10, "a.example.org"}, {20, "b.example.org"}};
  EXPECT_EQ(shown("example.org"), "a.example.org b.example.org c.example.org");
  EXPECT_EQ(shown("EXAMPLE.ORG"), "a.example.org b.example.org c.example.org");
  EXPECT_FALSE(find("example.org").secure);
}

TEST_F(TargetsTest, EqualOnesInAnyOrder) {
  resolver["example.org"].mx = {{10, "a"}, {10, "b"}, {10, "c"}, {20, "z"}};
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) seen.insert(shown("example.org"));
  EXPECT_EQ(seen, (std::set{"a b c z"s, "a c b z"s, "b a c z"s, "b c a z"s, "c a b z"s, "c b a z"s}));
}

TEST_F(TargetsTest, AHostOnceAndSixteenAtMost) {
  resolver["example.org"].mx = {{10, "a"}, {20, "a"}, {30, "b"}};
  EXPECT_EQ(shown("example.org"), "a b");
  for (std::uint16_t i = 0; i < 40; ++i)
    resolver["many.example"].mx.emplace_back(i, std::to_string(i) + ".many.example");
  const Targets targets = find("many.example");
  ASSERT_EQ(targets.hosts.size(), kMaxTargets);
  EXPECT_EQ(targets.hosts.back().host, "15.many.example");
}

TEST_F(TargetsTest, SecureAsTheMx) {
  resolver["example.org"].mx = {{10, "a"}};
  resolver["example.org"].secure = true;
  EXPECT_TRUE(find("example.org").secure);
  resolver["plain.example"].addresses = {"192.0.2.1"};
  resolver["plain.example"].secure = true;
  EXPECT_TRUE(find("plain.example").secure);
}

TEST_F(TargetsTest, WithoutMxTheDomainItself) {
  resolver["example.org"].addresses = {"192.0.2.1"};
  EXPECT_EQ(shown("example.org"), "example.org");
  resolver["empty.example"].txt = {"x"};
  EXPECT_EQ(shown("empty.example"), "5.1.2 permanent");
}

TEST_F(TargetsTest, NoImplicitMxAfterAFailure) {
  resolver["example.org"].lookup = Lookup::failed;
  resolver["example.org"].addresses = {"192.0.2.1"};
  EXPECT_EQ(shown("example.org"), "4.4.3 for now");
  EXPECT_EQ(resolver.asked, std::vector{"mx example.org"s});
  EXPECT_EQ(find("example.org").text,
            "the DNS does not say where mail for example.org goes: as the test wants it");
}

TEST_F(TargetsTest, ForgedAnswersAreFailures) {
  resolver["example.org"].lookup = Lookup::bogus;
  EXPECT_EQ(shown("example.org"), "4.7.5 for now");
}

TEST_F(TargetsTest, NoSuchDomain) {
  EXPECT_EQ(shown("missing.example"), "5.1.2 permanent");
  EXPECT_EQ(find("missing.example").text, "there is no domain missing.example");
  for (const auto& bad : {""s, "."s, "a..b"s, "a b.example"s, "a_b.example"s, "a\0b"s, "\377.example"s})
    EXPECT_EQ(shown(bad), "5.1.2 permanent") << bad;
}

TEST_F(TargetsTest, NullMx) {
  resolver["example.org"].mx = {{0, ""}};
  EXPECT_EQ(shown("example.org"), "5.1.10 permanent");
  resolver["both.example"].mx = {{0, ""}, {10, "a"}};
  EXPECT_EQ(shown("both.example"), "a");
}

TEST_F(TargetsTest, NotInCircles) {
  resolver["example.org"].mx = {{10, "a"}, {20, "mail.here.example"}, {20, "b"}, {30, "c"}, {5, "d"}};
  EXPECT_EQ(shown("example.org"), "d a");
  resolver["ours.example"].mx = {{10, "mail.here.example"}, {20, "b"}};
  EXPECT_EQ(shown("ours.example"), "5.4.6 permanent");
  resolver["local.example"].mx = {{10, "localhost"}};
  EXPECT_EQ(shown("local.example"), "5.4.6 permanent");
  resolver["mail.here.example"].addresses = {"192.0.2.1"};
  EXPECT_EQ(shown("mail.here.example"), "5.4.6 permanent");
}

TEST_F(TargetsTest, OtherScriptsAsTheDnsHasThem) {
  resolver["xn--bcher-kva.example"].mx = {{10, "a"}};
  EXPECT_EQ(shown("B\303\274cher.example"), "a");
  EXPECT_EQ(find("b\303\274ro.example").text, "there is no domain xn--bro-hoa.example");
}

TEST_F(TargetsTest, AddressLiterals) {
  EXPECT_EQ(shown("[192.0.2.1]"), "[192.0.2.1]=192.0.2.1");
  EXPECT_EQ(shown("[IPv6:2001:DB8::1]"), "[IPv6:2001:DB8::1]=2001:db8::1");
  EXPECT_EQ(shown("[ipv6:::1]"), "[ipv6:::1]=::1");
  EXPECT_TRUE(resolver.asked.empty());
  EXPECT_FALSE(find("[192.0.2.1]").secure);
  for (const auto& bad : {"["s, "[]"s, "[192.0.2.1"s, "[192.0.2]"s, "[2001:db8::1]"s, "[IPv6:192.0.2.1]"s,
                          "[IPv6:]"s, "[x400:a]"s, "[192.0.2.1\0]"s, "[192.0.2.1]x"s})
    EXPECT_EQ(shown(bad), "5.1.2 permanent") << bad;
}

}  // namespace
}  // namespace postroom::relay
