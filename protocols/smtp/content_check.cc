#include "protocols/smtp/content_check.h"

namespace postroom::smtp {

namespace {
constexpr const char* kBareLineEnd =
    "The message has a CR or LF that is not part of a CRLF; no message was accepted";
}

void ContentCheck::feed(std::string_view bytes) {
  while (!bytes.empty() && !refusal_) {
    if (after_cr_) {
      if (bytes.front() != '\n') return refuse("5.6.11", kBareLineEnd);
      after_cr_ = false;
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
  line_ += part.size();
  if (part.find('\n') != std::string_view::npos) return refuse("5.6.11", kBareLineEnd);
  if (part.find('\0') != std::string_view::npos) return refuse("5.6.0", "The message has a NUL byte");
  if (line_ + 2 > longest_line_) return refuse("5.6.0", "The message has a line that is too long");
}

void ContentCheck::finish() {
  if (after_cr_) refuse("5.6.11", kBareLineEnd);
}

void ContentCheck::refuse(std::string_view status, const char* text) {
  if (!refusal_) refusal_ = Reply(550, status, text);
}

}  // namespace postroom::smtp
