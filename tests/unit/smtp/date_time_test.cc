// Times of RFC 3339 5.6, as FUTURERELEASE has them.
#include "protocols/smtp/date_time.h"

#include <gtest/gtest.h>

namespace postroom::smtp {
namespace {

WallTime at(std::int64_t time) { return WallTime(std::chrono::seconds(time)); }

TEST(DateTime, Reads) {
  EXPECT_EQ(parse_date_time("1970-01-01T00:00:00Z"), at(0));
  EXPECT_EQ(parse_date_time("2026-12-24T18:00:00Z"), at(1798135200));
  EXPECT_EQ(parse_date_time("2026-12-24t19:30:00+01:30"), at(1798135200));
  EXPECT_EQ(parse_date_time("2026-12-24T10:00:00-08:00"), at(1798135200));
  EXPECT_EQ(parse_date_time("2026-12-24T18:00:00.999z"), at(1798135200));
  EXPECT_EQ(parse_date_time("2016-12-31T23:59:60Z"), at(1483228800)) << "a leap second";
}

TEST(DateTime, TakesNothingElse) {
  for (const char* text :
       {"", "2026", "2026-12-24", "2026-12-24 18:00:00Z", "2026-12-24T18:00Z", "2026-12-24T18:00:00",
        "2026-13-24T18:00:00Z", "2026-02-29T18:00:00Z", "2026-12-24T24:00:00Z", "2026-12-24T18:60:00Z",
        "2026-12-24T18:00:61Z", "2026-12-24T18:00:00.Z", "2026-12-24T18:00:00+0100",
        "2026-12-24T18:00:00+24:00", "2026-12-24T18:00:00Zx", "26-12-24T18:00:00Z", "2026-1-24T18:00:00Z",
        "+026-12-24T18:00:00Z"})
    EXPECT_EQ(parse_date_time(text), std::nullopt) << text;
}

TEST(DateTime, Writes) {
  EXPECT_EQ(format_date_time(at(0)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_date_time(at(1798135207)), "2026-12-24T18:00:07Z");
}

}  // namespace
}  // namespace postroom::smtp
