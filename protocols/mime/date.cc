// Dates as mail has them.
#include "protocols/mime/date.h"

#include <array>
#include <cstdio>

#include "base/text.h"

namespace postroom::mime {

namespace {

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

// No Date field is longer; what a hostile one holds beyond is not looked at.
constexpr std::size_t kMaxDate = 512;

struct Zone {
  std::string_view name;
  int hours;
};
// RFC 5322 4.3.
constexpr std::array<Zone, 10> kZones = {{{"UT", 0},
                                          {"GMT", 0},
                                          {"EST", -5},
                                          {"EDT", -4},
                                          {"CST", -6},
                                          {"CDT", -5},
                                          {"MST", -7},
                                          {"MDT", -6},
                                          {"PST", -8},
                                          {"PDT", -7}}};

/// Reads from left to right; the first thing that is not there makes all that follow fail.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool failed() const { return failed_; }
  bool at_end() const { return rest_.empty(); }
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  void fail() { failed_ = true; }

  bool take(char c) {
    if (peek() != c || rest_.empty()) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!take(c)) failed_ = true;
  }

  /// RFC 5322 3.2.2: white space and nested comments.
  void skip_cfws() {
    std::size_t depth = 0;
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (c == '(') {
        ++depth;
      } else if (c == ')' && depth > 0) {
        --depth;
      } else if (c == '\\' && depth > 0 && rest_.size() > 1) {
        rest_.remove_prefix(1);
      } else if (depth == 0 && c != ' ' && c != '\t' && c != '\r' && c != '\n') {
        return;
      }
      rest_.remove_prefix(1);
    }
  }

  /// A number of `least` to `most` digits.
  int number(std::size_t least, std::size_t most, std::size_t* digits = nullptr) {
    std::size_t count = 0;
    int value = 0;
    while (count < most && count < rest_.size() && is_digit(rest_[count]))
      value = value * 10 + (rest_[count++] - '0');
    if (count < least) failed_ = true;
    rest_.remove_prefix(count);
    if (digits) *digits = count;
    return value;
  }

  std::string_view letters() {
    std::size_t count = 0;
    while (count < rest_.size() && to_lower(rest_[count]) >= 'a' && to_lower(rest_[count]) <= 'z') ++count;
    const std::string_view word = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return word;
  }

  /// 1 to 12; only the first three letters count, as some write them out.
  unsigned month(bool exact) {
    const std::string_view word = letters();
    for (unsigned i = 0; i < kMonths.size(); ++i)
      if (iequals(word.substr(0, 3), kMonths[i]) && (!exact || word.size() == 3)) return i + 1;
    failed_ = true;
    return 1;
  }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

struct Fields {
  int year = 0, day = 0, hour = 0, minute = 0, second = 0, zone_minutes = 0;
  unsigned month = 1;
};

std::optional<DateTime> assemble(const Fields& fields) {
  using namespace std::chrono;
  const year_month_day date{year(fields.year), month(fields.month), day(static_cast<unsigned>(fields.day))};
  if (!date.ok() || fields.hour > 23 || fields.minute > 59 || fields.second > 60) return std::nullopt;
  DateTime result;
  // A leap second is its minute's last, so that the day stays as written.
  const int second = fields.second == 60 ? 59 : fields.second;
  result.local_seconds = std::int64_t{sys_days(date).time_since_epoch().count()} * 86400 +
                         fields.hour * 3600 + fields.minute * 60 + second;
  result.zone_minutes = fields.zone_minutes;
  result.unix_seconds = result.local_seconds - fields.zone_minutes * 60;
  return result;
}

/// RFC 5322 4.3: obs-year.
int full_year(int year, std::size_t digits) {
  if (digits == 2) return year < 50 ? year + 2000 : year + 1900;
  return digits == 3 ? year + 1900 : year;
}

/// RFC 5322 3.3 and 4.3 zone; what is unknown or missing counts as +0000.
int read_zone(Reader& in) {
  if (in.peek() == '+' || in.peek() == '-') {
    const bool west = in.take('-');
    if (!west) in.take('+');
    const int hours = in.number(2, 2);
    in.take(':');
    const int minutes = in.number(2, 2);
    if (hours > 23 || minutes > 59) return 0;
    return west ? -(hours * 60 + minutes) : hours * 60 + minutes;
  }
  const std::string_view name = in.letters();
  for (const Zone& zone : kZones)
    if (iequals(name, zone.name)) return zone.hours * 60;
  return 0;
}

void read_time(Reader& in, Fields& fields) {
  fields.hour = in.number(1, 2);
  in.skip_cfws();
  in.expect(':');
  in.skip_cfws();
  fields.minute = in.number(1, 2);
  in.skip_cfws();
  if (!in.take(':')) return;
  in.skip_cfws();
  fields.second = in.number(1, 2);
}

void read_day(Reader& in, Fields& fields) {
  in.skip_cfws();
  in.letters();  // the day of the week: people get it wrong, nobody needs it
  in.skip_cfws();
  if (in.take('.')) in.skip_cfws();
  if (in.take(',')) in.skip_cfws();
  fields.day = in.number(1, 2);
  in.skip_cfws();
  if (in.take('-')) in.skip_cfws();
  fields.month = in.month(false);
  in.skip_cfws();
  if (in.take('-')) in.skip_cfws();
  std::size_t digits = 0;
  const int year = in.number(2, 4, &digits);
  fields.year = full_year(year, digits);
  if (fields.year < 1900) in.fail();
  in.skip_cfws();
}

}  // namespace

std::optional<DateTime> parse_date(std::string_view text) {
  Reader in(text.substr(0, kMaxDate));
  Fields fields;
  read_day(in, fields);
  read_time(in, fields);
  if (in.failed()) return std::nullopt;
  in.skip_cfws();
  fields.zone_minutes = read_zone(in);
  if (in.failed()) fields.zone_minutes = 0;
  return assemble(fields);
}

std::optional<std::int64_t> parse_sent_date(std::string_view text) {
  const auto whole = parse_date(text);
  if (whole) return whole->unix_seconds;
  Reader in(text.substr(0, kMaxDate));
  Fields fields;
  read_day(in, fields);
  if (in.failed()) return std::nullopt;
  const auto day = assemble(fields);
  if (!day) return std::nullopt;
  return day->unix_seconds;
}

std::string format_date(std::chrono::sys_seconds time) {
  using namespace std::chrono;
  const auto days = floor<std::chrono::days>(time);
  const year_month_day date(days);
  const hh_mm_ss clock(time - days);
  std::array<char, 64> out{};
  const int size = std::snprintf(
      out.data(), out.size(), "%s, %u %s %04d %02d:%02d:%02d +0000", kDays[weekday(days).c_encoding()].data(),
      static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1].data(),
      static_cast<int>(date.year()), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  return std::string(out.data(), static_cast<std::size_t>(size));
}

namespace {

void read_imap_date(Reader& in, Fields& fields) {
  fields.day = in.number(1, 2);
  in.expect('-');
  fields.month = in.month(true);
  in.expect('-');
  fields.year = in.number(4, 4);
}

}  // namespace

std::optional<DateTime> parse_imap_date_time(std::string_view text) {
  Reader in(text);
  Fields fields;
  in.take(' ');
  read_imap_date(in, fields);
  in.expect(' ');
  fields.hour = in.number(2, 2);
  in.expect(':');
  fields.minute = in.number(2, 2);
  in.expect(':');
  fields.second = in.number(2, 2);
  in.expect(' ');
  const bool west = in.take('-');
  if (!west) in.expect('+');
  const int hours = in.number(2, 2);
  const int minutes = in.number(2, 2);
  if (in.failed() || !in.at_end() || hours > 23 || minutes > 59) return std::nullopt;
  fields.zone_minutes = west ? -(hours * 60 + minutes) : hours * 60 + minutes;
  return assemble(fields);
}

std::string format_imap_date_time(std::chrono::sys_seconds time) {
  using namespace std::chrono;
  const auto days = floor<std::chrono::days>(time);
  const year_month_day date(days);
  const hh_mm_ss clock(time - days);
  std::array<char, 64> out{};
  const int size = std::snprintf(
      out.data(), out.size(), "%2u-%s-%04d %02d:%02d:%02d +0000", static_cast<unsigned>(date.day()),
      kMonths[static_cast<unsigned>(date.month()) - 1].data(), static_cast<int>(date.year()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  return std::string(out.data(), static_cast<std::size_t>(size));
}

std::optional<std::int64_t> parse_imap_date(std::string_view text) {
  Reader in(text);
  Fields fields;
  read_imap_date(in, fields);
  if (in.failed() || !in.at_end()) return std::nullopt;
  const auto date = assemble(fields);
  if (!date) return std::nullopt;
  return date->local_seconds;
}

}  // namespace postroom::mime
