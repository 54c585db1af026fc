// RFC 3501 5.1 and 6.3.8: what names may be, and what patterns find.
#include "protocols/imap/mailbox_name.h"

#include <algorithm>

#include "base/text.h"
#include "protocols/mime/charset.h"

namespace postroom::imap {

namespace {

constexpr std::string_view kInbox = "INBOX";
constexpr std::size_t kMaxLevel = 255;
constexpr std::size_t kMaxLevels = 50;
constexpr std::size_t kMaxName = 1000;

bool is_wildcard(char c) { return c == '*' || c == '%'; }

/// U+0000 to U+001F, U+007F to U+009F, U+2028 and U+2029, in UTF-8.
bool has_control(std::string_view name) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    if (c < 0x20 || c == 0x7f) return true;
    if (c == 0xc2 && i + 1 < name.size() && static_cast<unsigned char>(name[i + 1]) < 0xa0) return true;
  }
  return name.find("\u2028") != name.npos || name.find("\u2029") != name.npos;
}

}  // namespace

std::string canonical_name(std::string_view utf8) {
  // A character of several bytes has at most three times as many when it is decomposed: what is longer than
  // this is no name of a mailbox in any form.
  std::string name = utf8.size() > 3 * kMaxName ? std::string(utf8) : mime::normal_form(utf8);
  const std::string_view first = std::string_view(name).substr(0, name.find(kDelimiter));
  if (iequals(first, kInbox)) std::copy(kInbox.begin(), kInbox.end(), name.begin());
  return name;
}

bool is_valid_name(std::string_view name) {
  if (name.size() > kMaxName || name.starts_with('#') || has_control(name)) return false;
  const auto levels = split(name, kDelimiter);
  if (levels.size() > kMaxLevels) return false;
  return std::all_of(levels.begin(), levels.end(),
                     [](std::string_view level) { return !level.empty() && level.size() <= kMaxLevel; });
}

std::string_view parent_of(std::string_view name) {
  const std::size_t end = name.rfind(kDelimiter);
  return end == std::string_view::npos ? std::string_view() : name.substr(0, end);
}

Pattern::Pattern(std::string_view reference, std::string_view pattern) {
  // Of wildcards in a row, '*' swallows the others.
  for (const std::string_view part : {reference, pattern})
    for (const char c : part) {
      const bool after_wildcard = !text_.empty() && is_wildcard(text_.back());
      if (!after_wildcard || !is_wildcard(c)) {
        text_ += c;
      } else if (c == '*') {
        text_.back() = c;
      }
    }
  if (too_long()) return;
  text_ = mime::normal_form(text_);
  last_ = static_cast<std::size_t>(
      std::count_if(text_.begin(), text_.end(), [](char c) { return !is_wildcard(c); }));
  words_ = last_ / kWord + 1;
  entered_.resize(256 * words_);
  std::size_t place = 0;
  const auto bit = [&place] { return std::uint64_t{1} << (place % kWord); };
  for (const char c : text_) {
    if (is_wildcard(c)) {
      if (c == '*') wildcards_[0][place / kWord] |= bit();
      wildcards_[1][place / kWord] |= bit();
    } else {
      ++place;
      entered_[static_cast<unsigned char>(c) * words_ + place / kWord] |= bit();
    }
  }
}

bool Pattern::step(Places& here, char c, bool any_case) const {
  const auto leads_to = [this](char to) { return &entered_[static_cast<unsigned char>(to) * words_]; };
  const std::uint64_t* const entered = leads_to(c);
  const std::uint64_t* const also_entered = leads_to(any_case ? to_lower(c) : c);
  const Places& stay = c == kDelimiter ? wildcards_[0] : wildcards_[1];
  std::uint64_t carry = 0;
  std::uint64_t any = 0;
  for (std::size_t i = 0; i < words_; ++i) {
    const std::uint64_t next = ((here[i] << 1) | carry) & (entered[i] | also_entered[i]);
    carry = here[i] >> (kWord - 1);
    here[i] = next | (here[i] & stay[i]);
    any |= here[i];
  }
  return any != 0;
}

bool Pattern::reached(const Places& here) const { return (here[last_ / kWord] >> (last_ % kWord)) & 1; }

namespace {

/// INBOX has no case of its own (RFC 3501 5.1): how many of a name's first characters have not.
std::size_t without_case(std::string_view name) {
  return name.substr(0, name.find(kDelimiter)) == kInbox ? kInbox.size() : 0;
}

}  // namespace

bool Pattern::matches(std::string_view name) const {
  if (too_long()) return false;
  const std::size_t any_case = without_case(name);
  Places here{1};
  for (std::size_t i = 0; i < name.size(); ++i)
    if (!step(here, name[i], i < any_case)) return false;
  return reached(here);
}

}  // namespace postroom::imap
