#include "protocols/mime/quoted_printable.h"

#include "base/text.h"
#include "protocols/mime/chars.h"

namespace postroom::mime {

namespace {
constexpr std::size_t kMaxLine = 76;  // with the '=' of a soft line break
}  // namespace

void QuotedPrintable::feed(std::string_view text, std::string& out) {
  for (const char c : text) {
    const bool ends_line = c == '\n';
    if (after_cr_ && !ends_line) take('\r', out);
    after_cr_ = c == '\r';
    if (ends_line)
      end_line(out);
    else if (!after_cr_)
      take(c, out);
  }
}

void QuotedPrintable::finish(std::string& out) {
  if (after_cr_) take('\r', out);
  if (held_) put(*held_, true, out);
  *this = QuotedPrintable();
}

void QuotedPrintable::take(char c, std::string& out) {
  if (held_) put(*held_, false, out);
  held_ = c;
}

void QuotedPrintable::put(char c, bool last, std::string& out) {
  constexpr std::string_view kHexDigits = "0123456789ABCDEF";
  const bool stays = (c > ' ' && c < 0x7f && c != '=') || (is_blank(c) && !last);
  const std::size_t width = stays ? 1 : 3;
  if (column_ + width + (last ? 0 : 1) > kMaxLine) {
    out += "=\r\n";
    column_ = 0;
  }
  column_ += width;
  if (stays) {
    out += c;
    return;
  }
  const auto byte = static_cast<unsigned char>(c);
  out += {'=', kHexDigits[byte / 16], kHexDigits[byte % 16]};
}

void QuotedPrintable::end_line(std::string& out) {
  if (held_) put(*held_, true, out);
  held_.reset();
  column_ = 0;
  out += "\r\n";
}

std::string encode_quoted_printable(std::string_view text) {
  std::string out;
  QuotedPrintable encoder;
  encoder.feed(text, out);
  encoder.finish(out);
  return out;
}

}  // namespace postroom::mime
