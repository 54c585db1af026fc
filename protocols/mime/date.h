// Dates: RFC 5322 3.3 and 4.3 as mail has them, and the two forms of IMAP (RFC 3501 9: date, date-time).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postroom::mime {

/// A moment, and the same as it was written.
struct DateTime {
  std::int64_t unix_seconds = 0;   ///< the moment
  std::int64_t local_seconds = 0;  ///< the day and time as written, its zone ignored, as Unix seconds
  int zone_minutes = 0;            ///< east of UTC
};

/// A Date field's body: obsolete years and zones, comments, a missing zone (taken as +0000), missing seconds,
/// a missing or wrong day of the week are all taken; years 1900 to 9999. Nothing when it is no date.
std::optional<DateTime> parse_date(std::string_view text);

/// The moment of a Date field's body, for sorting (RFC 5256 2.2), as Unix seconds: where the time is no time,
/// the first second of the day. Nothing when it is no date.
std::optional<std::int64_t> parse_sent_date(std::string_view text);

/// "Mon, 23 Nov 2026 07:00:00 +0000"
std::string format_date(std::chrono::sys_seconds time);

/// IMAP date-time without its quotes: "17-Jul-1996 02:44:25 -0700", " 1-Jul-…" (RFC 3501 9). Strict.
std::optional<DateTime> parse_imap_date_time(std::string_view text);
/// "17-Jul-1996 09:44:25 +0000"
std::string format_imap_date_time(std::chrono::sys_seconds time);

/// IMAP date without quotes: "1-Feb-1994" (RFC 3501 9), as the Unix seconds of its midnight in UTC. Strict.
std::optional<std::int64_t> parse_imap_date(std::string_view text);

}  // namespace postroom::mime
