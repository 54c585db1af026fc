// How SEARCH finds a string.
#include "protocols/imap/needle.h"

#include <cstring>

namespace postroom::imap {

Needle::Needle(std::string folded) : needle_(std::move(folded)), border_(needle_.size() + 1) {
  std::uint32_t border = 0;
  for (std::size_t i = 1; i < needle_.size(); ++i) {
    while (border > 0 && needle_[i] != needle_[border]) border = border_[border];
    if (needle_[i] == needle_[border]) ++border;
    border_[i + 1] = border;
  }
}

bool Needle::feed(std::string_view text) {
  std::size_t at = 0;
  while (!found() && at < text.size()) {
    if (matched_ == 0) {
      const void* next = std::memchr(text.data() + at, needle_[0], text.size() - at);
      if (!next) return false;
      at = static_cast<std::size_t>(static_cast<const char*>(next) - text.data());
    }
    while (matched_ > 0 && text[at] != needle_[matched_]) matched_ = border_[matched_];
    if (text[at] == needle_[matched_]) ++matched_;
    ++at;
  }
  return found();
}

}  // namespace postroom::imap
