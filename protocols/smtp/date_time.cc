#include "protocols/smtp/date_time.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/text.h"

namespace postroom::smtp {

namespace {

using namespace std::chrono;

/// Takes so many digits, and one of `behind` after them, off `text`; nothing where there is something else.
std::optional<int> take_number(std::string_view& text, std::size_t digits, std::string_view behind) {
  const auto number = parse_number(text.substr(0, digits));
  if (!number || text.size() < digits) return std::nullopt;
  text.remove_prefix(digits);
  if (!behind.empty() && (text.empty() || behind.find(text.front()) == std::string_view::npos))
    return std::nullopt;
  if (!behind.empty()) text.remove_prefix(1);
  return static_cast<int>(*number);
}

/// Behind the seconds: "Z", or how far the clock there is ahead.
std::optional<minutes> take_zone(std::string_view text) {
  if (iequals(text, "Z")) return minutes(0);
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
  const bool ahead = text.front() == '+';
  text.remove_prefix(1);
  const auto hour = take_number(text, 2, ":");
  const auto minute = hour ? take_number(text, 2, "") : std::nullopt;
  if (!minute || !text.empty() || *hour > 23 || *minute > 59) return std::nullopt;
  const minutes offset = hours(*hour) + minutes(*minute);
  return ahead ? offset : -offset;
}

std::string two_digits(unsigned number) { return (number < 10 ? "0" : "") + std::to_string(number); }

}  // namespace

std::optional<WallTime> parse_date_time(std::string_view text) {
  constexpr std::array<std::string_view, 6> kBehind{"-", "-", "Tt", ":", ":", ""};
  std::array<int, 6> field{};
  for (std::size_t i = 0; i < field.size(); ++i) {
    const auto number = take_number(text, i == 0 ? 4 : 2, kBehind[i]);
    if (!number) return std::nullopt;
    field[i] = *number;
  }
  const year_month_day day(year{field[0]}, month(static_cast<unsigned>(field[1])),
                           std::chrono::day(static_cast<unsigned>(field[2])));
  if (!day.ok() || field[3] > 23 || field[4] > 59 || field[5] > 60) return std::nullopt;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (text.empty() || !is_digit(text.front())) return std::nullopt;
    while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);
  }
  const auto zone = take_zone(text);
  if (!zone) return std::nullopt;
  const auto local = sys_days(day) + hours(field[3]) + minutes(field[4]) + seconds(field[5]);
  return time_point_cast<WallTime::duration>(local - *zone);
}

std::string format_date_time(WallTime time) {
  const auto midnight = floor<days>(time);
  const year_month_day day(midnight);
  const hh_mm_ss clock(floor<seconds>(time - midnight));
  return std::to_string(static_cast<int>(day.year())) + "-" + two_digits(static_cast<unsigned>(day.month())) +
         "-" + two_digits(static_cast<unsigned>(day.day())) + "T" +
         two_digits(static_cast<unsigned>(clock.hours().count())) + ":" +
         two_digits(static_cast<unsigned>(clock.minutes().count())) + ":" +
         two_digits(static_cast<unsigned>(clock.seconds().count())) + "Z";
}

}  // namespace postroom::smtp
