// RFC 3501 5.1 and 6.3.8: what names may be, and what patterns find.
#include "protocols/imap/mailbox_name.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace postroom::imap {

namespace {

constexpr std::string_view kInbox = "INBOX";
constexpr std::size_t kMaxLevel = 255;
constexpr std::size_t kMaxLevels = 50;
constexpr std::size_t kMaxName = 1000;

bool is_wildcard(char c) { return c == '*' || c == '%'; }

}  // namespace

std::string canonical_name(std::string utf8) {
  const std::string_view first = std::string_view(utf8).substr(0, utf8.find(kDelimiter));
  if (iequals(first, kInbox)) std::copy(kInbox.begin(), kInbox.end(), utf8.begin());
  return utf8;
}

bool is_valid_name(std::string_view name) {
  if (name.size() > kMaxName || name.starts_with('#')) return false;
  for (const char c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
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
}

/// Which places of the pattern can be reached with what has been read of the name: linear in both, whatever
/// the wildcards. A place is that of the next pattern character to match.
bool Pattern::matches(std::string_view name) const {
  const bool inbox = name.substr(0, name.find(kDelimiter)) == kInbox;  // has no case of its own
  std::vector<bool> here(text_.size() + 1), next(text_.size() + 1);
  const auto reach = [this](std::vector<bool>& places, std::size_t place) {
    places[place] = true;
    if (place < text_.size() && is_wildcard(text_[place])) places[place + 1] = true;
  };
  reach(here, 0);
  for (std::size_t i = 0; i < name.size(); ++i) {
    next.assign(next.size(), false);
    bool any = false;
    for (std::size_t place = 0; place < text_.size(); ++place) {
      if (!here[place]) continue;
      const char c = text_[place];
      if (c == '*' || (c == '%' && name[i] != kDelimiter)) {
        reach(next, place);
      } else if (c == name[i] || (inbox && i < kInbox.size() && to_upper(c) == name[i])) {
        reach(next, place + 1);
      } else {
        continue;
      }
      any = true;
    }
    if (!any) return false;
    here.swap(next);
  }
  return here[text_.size()];
}

}  // namespace postroom::imap
