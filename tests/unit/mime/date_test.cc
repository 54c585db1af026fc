// Dates of RFC 5322 and IMAP.
#include "protocols/mime/date.h"

#include <gtest/gtest.h>

#include "tests/unit/mime/message_text.h"

namespace postroom::mime {
namespace {

constexpr std::int64_t kMonday = 1795417200;  // 2026-11-23T07:00:00Z

std::int64_t unix_of(std::string_view text) {
  const auto date = parse_date(text);
  return date ? date->unix_seconds : -1;
}

TEST(Date, Rfc5322Examples) {
  EXPECT_EQ(unix_of("Fri, 21 Nov 1997 09:55:06 -0600"), 880127706);
  EXPECT_EQ(unix_of("Tue, 1 Jul 2003 10:52:37 +0200"), 1057049557);
  EXPECT_EQ(unix_of("Thu, 13 Feb 1969 23:32:54 -0330"), -27723426);
  // A.5, A.6.2, A.6.3.
  EXPECT_EQ(unix_of(" Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n      -0330 "
                    "(Newfoundland Time)"),
            -27723480);
  EXPECT_EQ(unix_of("21 Nov 97 09:55:06 GMT"), 880106106);
  EXPECT_EQ(unix_of("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600"), 880127706);
}

TEST(Date, TheDayAsWrittenIgnoresTheZone) {
  const auto date = parse_date("Mon, 23 Nov 2026 23:30:00 -0800");
  ASSERT_TRUE(date);
  EXPECT_EQ(date->zone_minutes, -480);
  EXPECT_EQ(date->local_seconds, kMonday + 16 * 3600 + 1800);
  EXPECT_EQ(date->unix_seconds, date->local_seconds + 8 * 3600);
}

TEST(Date, ObsoleteYears) {
  EXPECT_EQ(unix_of("23 Nov 26 07:00:00 +0000"), kMonday);
  EXPECT_EQ(unix_of("1 Jan 49 00:00:00 +0000"), 2493072000);
  EXPECT_EQ(unix_of("1 Jan 50 00:00:00 +0000"), -631152000);
  EXPECT_EQ(unix_of("23 Nov 126 07:00:00 +0000"), kMonday);
}

TEST(Date, ObsoleteZones) {
  EXPECT_EQ(unix_of("23 Nov 2026 07:00:00 UT"), kMonday);
  EXPECT_EQ(unix_of("23 Nov 2026 02:00:00 EST"), kMonday);
  EXPECT_EQ(unix_of("23 Nov 2026 03:00:00 edt"), kMonday);
  EXPECT_EQ(unix_of("22 Nov 2026 23:00:00 PST"), kMonday);
  EXPECT_EQ(unix_of("23 Nov 2026 07:00:00 Z"), kMonday);
  EXPECT_EQ(unix_of("23 Nov 2026 07:00:00 A"), kMonday);
  EXPECT_EQ(unix_of("23 Nov 2026 07:00:00 CEST"), kMonday);
  EXPECT_EQ(unix_of("23 Nov 2026 07:00:00"), kMonday);
}

TEST(Date, WhatSendersWrite) {
  EXPECT_EQ(unix_of("Monday, 23 November 2026 07:00"), kMonday);
  EXPECT_EQ(unix_of("Mon,23 Nov 2026 7:00:00 +0000"), kMonday);
  EXPECT_EQ(unix_of("Mon 23-Nov-2026 07:00:00 +00:00"), kMonday);
  EXPECT_EQ(unix_of("mon, 23 NOV 2026 07:00:00 GMT+0"), kMonday);
  EXPECT_EQ(unix_of("Sun, 23 Nov 2026 07:00:00 +0000 (UTC) (nested (comment))"), kMonday);
  EXPECT_EQ(unix_of("Mon, 23 Nov 2026 07:00:00 +9999"), kMonday);
  EXPECT_EQ(unix_of("23 Nov 2026 06:59:60 +0000"), kMonday - 1);
}

TEST(Date, WhatIsNoDate) {
  for (const char* text : {"", "yesterday", "Mon, 32 Nov 2026 07:00:00 +0000", "30 Feb 2026 07:00:00 +0000",
                           "23 Nov 2026 24:00:00 +0000", "23 Nov 2026 07:60:00 +0000",
                           "23 Foo 2026 07:00:00 +0000", "23 Nov 1899 07:00:00 +0000", "23 Nov 2026",
                           "(23 Nov 2026 07:00:00 +0000", "0 Nov 2026 07:00:00 +0000"})
    EXPECT_FALSE(parse_date(text)) << text;
  EXPECT_FALSE(parse_date(testing::repeated("(", 1'000'000)));
}

TEST(Date, Formats) {
  const std::chrono::sys_seconds time{std::chrono::seconds(kMonday)};
  EXPECT_EQ(format_date(time), "Mon, 23 Nov 2026 07:00:00 +0000");
  EXPECT_EQ(format_imap_date_time(time), "23-Nov-2026 07:00:00 +0000");
  EXPECT_EQ(format_imap_date_time(std::chrono::sys_seconds{}), " 1-Jan-1970 00:00:00 +0000");
  EXPECT_EQ(format_date(std::chrono::sys_seconds(std::chrono::seconds(-1))),
            "Wed, 31 Dec 1969 23:59:59 +0000");
}

TEST(Date, WhatIsFormattedIsParsed) {
  for (std::int64_t second = -5'000'000'000; second < 5'000'000'000; second += 86'399 * 97) {
    const std::chrono::sys_seconds time{std::chrono::seconds(second)};
    const auto imap = parse_imap_date_time(format_imap_date_time(time));
    ASSERT_TRUE(imap) << second;
    EXPECT_EQ(imap->unix_seconds, second);
    if (second > -2'208'988'800) {
      EXPECT_EQ(unix_of(format_date(time)), second);
    }
  }
}

// RFC 3501 6.4.5 and 6.3.11.
TEST(ImapDateTime, Parses) {
  EXPECT_EQ(parse_imap_date_time("17-Jul-1996 02:44:25 -0700")->unix_seconds, 837596665);
  EXPECT_EQ(parse_imap_date_time("17-Jul-1996 02:44:25 -0700")->local_seconds, 837571465);
  EXPECT_EQ(parse_imap_date_time(" 1-jan-1970 00:00:00 +0000")->unix_seconds, 0);
  EXPECT_EQ(parse_imap_date_time("1-Jan-1970 00:00:00 +0000")->unix_seconds, 0);
  for (const char* text :
       {"", "17-Jul-1996", "17-Jul-1996 02:44:25", "17-Jul-1996 02:44 -0700", "17-Jul-96 02:44:25 -0700",
        "17-July-1996 02:44:25 -0700", "31-Feb-1996 02:44:25 -0700", "17-Jul-1996 25:44:25 -0700",
        "17-Jul-1996 02:44:25 -0700 ", "17-Jul-1996 02:44:25 -0760", "17-Jul-1996 02:44:25 0700"})
    EXPECT_FALSE(parse_imap_date_time(text)) << text;
}

TEST(ImapDate, Parses) {
  EXPECT_EQ(parse_imap_date("1-Feb-1994"), 760060800);
  EXPECT_EQ(parse_imap_date("01-Feb-1994"), 760060800);
  for (const char* text :
       {"", "1-Feb-94", "30-Feb-1994", "1 Feb 1994", "1-Feb-1994 ", "-Feb-1994", "0-Feb-1994"})
    EXPECT_FALSE(parse_imap_date(text)) << text;
}

}  // namespace
}  // namespace postroom::mime
