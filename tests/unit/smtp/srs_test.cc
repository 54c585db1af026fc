// Addresses of forwarded mail.
#include "protocols/smtp/srs.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace postroom::smtp {
namespace {

constexpr std::string_view kSecret = "our secret";
constexpr WallTime kNow{std::chrono::sys_days{std::chrono::year(2026) / 11 / 23} + std::chrono::hours(7)};
constexpr std::chrono::days kDay{1};

std::string forward(std::string_view reverse_path, WallTime now = kNow) {
  return srs_forward(reverse_path, "ours.example", kSecret, now);
}
std::optional<std::string> reverse(std::string_view address, WallTime now = kNow) {
  return srs_reverse(address, kSecret, now);
}

TEST(Srs, ForwardAndBack) {
  const std::string address = forward("alice@example.org");
  EXPECT_TRUE(address.starts_with("SRS0=")) << address;
  EXPECT_TRUE(address.ends_with("=example.org=alice@ours.example")) << address;
  EXPECT_EQ(address.size(), std::string_view("SRS0=HHHHHHHH=TT=example.org=alice@ours.example").size());
  EXPECT_EQ(reverse(address), "alice@example.org");
  EXPECT_EQ(forward("alice@example.org"), address);
}

TEST(Srs, WhatIsInTheAddressIsSigned) {
  const std::string address = forward("alice@example.org");
  EXPECT_NE(forward("alicf@example.org").substr(0, 13), address.substr(0, 13));
  EXPECT_EQ(srs_reverse(address, "another secret", kNow), std::nullopt);
  for (std::size_t i = 0; i < address.find('@'); ++i) {
    std::string changed = address;
    changed[i] = changed[i] == 'x' ? 'y' : 'x';
    EXPECT_EQ(reverse(changed), std::nullopt) << changed;
  }
}

TEST(Srs, CaseMayChangeOnTheWay) {
  const std::string address = forward("Alice@Example.org");
  EXPECT_EQ(reverse(lower(address)), "alice@example.org");
  EXPECT_EQ(reverse(upper(address)), "ALICE@EXAMPLE.ORG");
}

TEST(Srs, ValidFor21Days) {
  for (const WallTime made : {kNow, kNow + 1000 * kDay, WallTime(1023 * kDay), WallTime(1024 * kDay)}) {
    const std::string address = forward("alice@example.org", made);
    EXPECT_EQ(reverse(address, made + 21 * kDay), "alice@example.org");
    EXPECT_EQ(reverse(address, made + 22 * kDay), std::nullopt);
    EXPECT_EQ(reverse(address, made - kDay), std::nullopt);
  }
}

TEST(Srs, WhatNeedsNoneStays) {
  for (const char* address :
       {"", "bob@ours.example", "bob@OURS.example", "nobody", "@", "a b@c", "a@[x:a=b]"})
    EXPECT_EQ(forward(address), address);
  const std::string long_one = std::string(240, 'a') + "@example.org";
  EXPECT_EQ(forward(long_one), long_one);
}

TEST(Srs, LocalPartsOfAllKinds) {
  for (const char* address :
       {"a=b=c@example.org", "bounce+x=y-z@example.org", "\"a b\"@example.org", "\"a\\\"@b>\"@example.org",
        "alice@[192.0.2.1]", "alice@[IPv6:2001:db8::1]", "j\xc3\xbcrgen@b\xc3\xbc.example",
        "SRS0@example.org", "SRS0x=y@example.org", "SRS1=x=y@example.org", "SRS1=x==@example.org"}) {
    const std::string rewritten = forward(address);
    EXPECT_TRUE(istarts_with(rewritten, "SRS0=") || istarts_with(rewritten, "\"SRS0=")) << rewritten;
    EXPECT_EQ(reverse(rewritten), address);
  }
}

TEST(Srs, OfAnotherForwarderBecomesSrs1) {
  constexpr std::string_view kTheirs = "SRS0=abcd=ZZ=example.org=alice@first.example";
  const std::string ours = forward(kTheirs);
  EXPECT_TRUE(ours.starts_with("SRS1=")) << ours;
  EXPECT_TRUE(ours.ends_with("=first.example==abcd=ZZ=example.org=alice@ours.example")) << ours;
  EXPECT_EQ(reverse(ours), kTheirs);
  EXPECT_EQ(reverse(ours, kNow + 1000 * kDay), kTheirs);  // the first forwarder answers for the day
  EXPECT_EQ(reverse(forward("SRS0+abcd=ZZ=example.org=alice@first.example")),
            "SRS0+abcd=ZZ=example.org=alice@first.example");
}

TEST(Srs, Srs1KeepsTheFirstForwarderOnly) {
  const std::string second =
      srs_forward("SRS0=abcd=ZZ=example.org=alice@first.example", "second.example", "their secret", kNow);
  const std::string ours = forward(second);
  EXPECT_TRUE(ours.ends_with("=first.example==abcd=ZZ=example.org=alice@ours.example")) << ours;
  EXPECT_EQ(reverse(ours), "SRS0=abcd=ZZ=example.org=alice@first.example");
  EXPECT_EQ(reverse(second), std::nullopt);
}

TEST(Srs, AForwarderThatIsNoDomainLeadsNowhere) {
  EXPECT_EQ(reverse(forward("\"SRS1=abcd=a b> c==x\"@second.example")), std::nullopt);
}

TEST(Srs, WhatIsNotOurs) {
  for (const char* address :
       {"", "alice@example.org", "SRS0@ours.example", "SRS0=@ours.example", "SRS0==@ours.example",
        "SRS0===@ours.example", "SRS0=AAAAAAAA=AA=example.org=alice@ours.example", "SRS1=a=b==c@ours.example",
        "SRS0=AAAAAAAA=AA=example.org=alice", "SRS2=a=b=c=d@ours.example", "no address"})
    EXPECT_EQ(reverse(address), std::nullopt) << address;
}

}  // namespace
}  // namespace postroom::smtp
