// server/relay/sts.h
#include "server/relay/sts.h"

#include <gtest/gtest.h>

namespace postroom::relay {
namespace {

using Mode = StsPolicy::Mode;
using Texts = std::vector<std::string>;

constexpr const char* kPolicy =
    "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\nmax_age: 604800\r\n";

TEST(StsRecords, TheIdOfTheOnlyOne) {
  EXPECT_EQ(parse_sts_records({"v=STSv1; id=20160831085700Z;"}), "20160831085700Z");
  EXPECT_EQ(parse_sts_records({"v=STSv1;id=1"}), "1");
  EXPECT_EQ(parse_sts_records({"v=spf1 -all", "v=STSv1; id=1"}), "1");
  EXPECT_EQ(parse_sts_records({}), std::nullopt);
  EXPECT_EQ(parse_sts_records({"v=STSv1; id=1", "v=STSv1; id=1"}), std::nullopt);
}

TEST(StsRecords, WhatIsUnknownOrStandsThereTwiceIsPassedOver) {
  EXPECT_EQ(parse_sts_records({"v=STSv1; a.b-c_1=x:y; id=1"}), "1");
  EXPECT_EQ(parse_sts_records({"v=STSv1 ; id=1"}), std::nullopt)
      << "discarded, as it does not begin with v=STSv1;";
  EXPECT_EQ(parse_sts_records({"v=STSv1;\t id=1 \t; id=2"}), "1");
}

TEST(StsRecords, WhatIsWrongIsNone) {
  for (const char* record :
       {"v=STSv1;", "v=STSv1; id=", "v=STSv1; id=a-b", "v=STSv1; id=123456789012345678901234567890123",
        "v=STSv1; id=1;; x=y", "v=STSv1; id=1; x", "v=STSv1; id=1; x=", "v=STSv1; id=1; =x",
        "v=STSv1; id=1; x=y=z", "v=STSv1; id=1; x=a b", "v=STSv1; id=1; -x=y", "v=STSv1; ID=1",
        "V=STSv1; id=1", "v=STSv2; id=1", " v=STSv1; id=1"})
    EXPECT_EQ(parse_sts_records({record}), std::nullopt) << record;
  EXPECT_NE(parse_sts_records({"v=STSv1; id=12345678901234567890123456789012"}), std::nullopt);
}

TEST(StsPolicies, APolicy) {
  const auto policy = parse_sts_policy(kPolicy);
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->mode, Mode::enforce);
  EXPECT_EQ(policy->mx, (Texts{"mail.example.com", "*.example.net"}));
  EXPECT_EQ(policy->max_age, std::chrono::hours(7 * 24));
}

TEST(StsPolicies, AnyOrderAndEndOfLine) {
  const auto policy =
      parse_sts_policy("mx:Mail.Example.COM  \nmax_age:86400\nmode: \t testing\nversion: STSv1");
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->mode, Mode::testing);
  EXPECT_EQ(policy->mx, Texts{"mail.example.com"});
}

TEST(StsPolicies, OnlyOneWithoutEffectNeedsNoServer) {
  const auto policy = parse_sts_policy("version: STSv1\nmode: none\nmax_age: 86400\n");
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->mode, Mode::none);
  EXPECT_FALSE(parse_sts_policy("version: STSv1\nmode: testing\nmax_age: 86400\n"));
}

// RFC 8461 3.2
TEST(StsPolicies, WhatIsUnknownOrStandsThereTwiceIsPassedOver) {
  const auto policy =
      parse_sts_policy(std::string(kPolicy) + "mode: none\r\nmax_age: x\r\nnew.field: \xC3\xA4 b\r\n\r\n");
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->mode, Mode::enforce);
  EXPECT_EQ(policy->max_age, std::chrono::hours(7 * 24));
}

TEST(StsPolicies, AYearAtMost) {
  const auto age = [](const std::string& number) {
    return parse_sts_policy("version: STSv1\nmode: none\nmax_age: " + number + "\n");
  };
  EXPECT_EQ(age("31557600")->max_age, std::chrono::seconds(31557600));
  EXPECT_EQ(age("9999999999")->max_age, std::chrono::seconds(31557600));
  EXPECT_EQ(age("0")->max_age, std::chrono::seconds(0));
  EXPECT_FALSE(age("10000000000")) << "more digits than it may have";
  EXPECT_FALSE(age("-1"));
}

TEST(StsPolicies, WhatIsWrongIsNone) {
  for (const char* text : {"", "<html></html>", "mode: none\nmax_age: 1\n",
                           "version: STSv2\nmode: none\nmax_age: 1\n", "version: STSv1\nmax_age: 1\n",
                           "version: STSv1\nmode: none\n", "version: STSv1\nmode: report\nmax_age: 1\n",
                           "version: STSv1\nmode: Enforce\nmx: a.example\nmax_age: 1\n",
                           "version: STSv1\nmode: enforce\nmx: a.example.\nmax_age: 1\n",
                           "version: STSv1\nmode: enforce\nmx: a.*.example\nmax_age: 1\n",
                           "version: STSv1\nmode: enforce\nmx: .example\nmax_age: 1\n",
                           "version: STSv1\nmode: enforce\nmx: a example\nmax_age: 1\n",
                           "version: STSv1\nmode: enforce\nmx:\nmax_age: 1\n",
                           "version: STSv1\nmode: none\nmax_age: 1\nnonsense\n",
                           "version: STSv1\nmode: none\nmax_age: 1\nx: \xFF\n",
                           "version: STSv1\nmode: none\nmax_age: 1\nx: a\tb\n",
                           "version: STSv1\nmode: none\nmax_age: 1\n x: y\n"})
    EXPECT_FALSE(parse_sts_policy(text)) << text;
}

// RFC 8461 4.1
TEST(StsPolicies, ServersThatItAllows) {
  const auto policy = parse_sts_policy(kPolicy);
  ASSERT_TRUE(policy);
  EXPECT_TRUE(policy->allows("mail.example.com"));
  EXPECT_TRUE(policy->allows("a.example.net"));
  for (const char* host : {"", "example.com", "a.mail.example.com", "example.net", "a.b.example.net",
                           ".example.net", "aexample.net", "*.example.org", "mail.example.com.evil.example"})
    EXPECT_FALSE(policy->allows(host)) << host;
}

}  // namespace
}  // namespace postroom::relay
