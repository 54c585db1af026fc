#include "tests/model/number_set.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "base/text.h"

namespace postroom::testing::model {

namespace {

std::string number_text(std::uint32_t number) {
  return number == NumberSet::kStar ? "*" : std::to_string(number);
}

std::uint32_t number_in(std::string_view text) {
  const auto number = parse_number(text);
  if (!number || *number == 0) throw std::logic_error("no number: " + std::string(text));
  return static_cast<std::uint32_t>(*number);
}

}  // namespace

std::string NumberSet::text() const {
  if (saved) return "$";
  std::string text;
  for (const Range& range : ranges) {
    text += (text.empty() ? "" : ",") + number_text(range.first);
    if (range.first != range.last) text += ":" + number_text(range.last);
  }
  return text;
}

bool NumberSet::has_uid(Uid uid, const Entries& entries) const {
  constexpr Uid kEnd = std::numeric_limits<Uid>::max();
  const Uid largest = entries.empty() ? kEnd : entries.back().uid;
  return std::any_of(ranges.begin(), ranges.end(), [&](const Range& range) {
    const Uid a = range.first == kStar ? largest : range.first;
    const Uid b = range.last == kStar ? largest : range.last;
    const bool open = range.first == kStar || range.last == kStar;
    return uid >= std::min(a, b) && uid <= (open ? kEnd : std::max(a, b));
  });
}

std::vector<Uid> NumberSet::by_uid(const Entries& entries) const {
  std::vector<Uid> uids;
  for (const Picture::Entry& entry : entries)
    if (entry.uid != 0 && has_uid(entry.uid, entries)) uids.push_back(entry.uid);
  return uids;
}

std::optional<std::vector<Uid>> NumberSet::by_number(const Entries& entries) const {
  std::vector<bool> meant(entries.size() + 1);
  const auto largest = static_cast<std::uint32_t>(entries.size());
  for (const Range& range : ranges) {
    const std::uint32_t a = range.first == kStar ? largest : range.first;
    const std::uint32_t b = range.last == kStar ? largest : range.last;
    if (std::min(a, b) == 0 || std::max(a, b) > largest) return std::nullopt;
    for (std::uint32_t number = std::min(a, b); number <= std::max(a, b); ++number) meant[number] = true;
  }
  std::vector<Uid> uids;
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (meant[i + 1]) uids.push_back(entries[i].uid);
  return uids;
}

std::vector<std::uint32_t> numbers_of(std::string_view set) {
  std::vector<std::uint32_t> numbers;
  for (const std::string_view range : split(set, ',')) {
    const std::size_t colon = range.find(':');
    const std::uint32_t first = number_in(range.substr(0, colon));
    const std::uint32_t last = colon == std::string_view::npos ? first : number_in(range.substr(colon + 1));
    if (last - first > 100'000) throw std::logic_error("a set too large: " + std::string(set));
    for (std::uint32_t number = first; number <= last; ++number) numbers.push_back(number);
  }
  if (!std::is_sorted(numbers.begin(), numbers.end()))
    throw std::logic_error("out of order: " + std::string(set));
  return numbers;
}

std::string set_of(const std::vector<std::uint32_t>& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    std::size_t end = i;
    while (end + 1 < numbers.size() && numbers[end + 1] == numbers[end] + 1) ++end;
    text += (text.empty() ? "" : ",") + std::to_string(numbers[i]);
    if (end > i) text += ":" + std::to_string(numbers[end]);
    i = end;
  }
  return text;
}

}  // namespace postroom::testing::model
