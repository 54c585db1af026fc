#include "protocols/smtp/content_check.h"

#include "base/text.h"

namespace postroom::smtp {

namespace {
constexpr const char* kBareLineEnd =
    "The message has a CR or LF that is not part of a CRLF; no message was accepted";
}

void ContentCheck::feed(std::string_view bytes) {
  while (!bytes.empty() && !refusal_) {
    if (after_cr_) {
      after_cr_ = false;
      if (bytes.front() != '\n') {
        refuse("5.6.11", kBareLineEnd);
        ++line_;
        continue;
      }
      if (line_ == 0) in_header_ = false;
      line_ = 0;
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t end = bytes.find('\r');
    line_part(bytes.substr(0, end));
    if (end == std::string_view::npos) return;
    after_cr_ = true;
    bytes.remove_prefix(end + 1);
  }
}

void ContentCheck::line_part(std::string_view part) {
  // Whichever comes first, so that the reply does not depend on how the bytes came.
  const std::string_view fits =
      binary_ ? part : part.substr(0, static_cast<std::size_t>(longest_line_ - line_));
  line_ += fits.size();
  if (in_header_ && !is_ascii(fits)) header_beyond_ascii_ = true;
  const std::size_t bare_lf = fits.find('\n');
  const std::size_t nul = fits.substr(0, bare_lf).find('\0');
  if (nul != std::string_view::npos) return refuse("5.6.0", "The message has a NUL byte");
  if (bare_lf != std::string_view::npos) return refuse("5.6.11", kBareLineEnd);
  if (fits.size() < part.size()) return refuse("5.6.0", "The message has a line that is too long");
}

void ContentCheck::finish() {
  if (after_cr_) refuse("5.6.11", kBareLineEnd);
}

void ContentCheck::refuse(std::string_view status, const char* text) {
  if (!refusal_ && !binary_) refusal_ = Reply(550, status, text);
}

}  // namespace postroom::smtp
