#include "protocols/mime/quoted_printable.h"

#include <cstddef>

#include "base/text.h"
#include "protocols/mime/chars.h"

namespace postroom::mime {

namespace {

constexpr std::size_t kMaxLine = 76;  // with the '=' of a soft line break

std::string encoded(char c, bool last) {
  constexpr std::string_view kHexDigits = "0123456789ABCDEF";
  const bool stays = (c > ' ' && c < 0x7f && c != '=') || (is_blank(c) && !last);
  if (stays) return {c};
  const auto byte = static_cast<unsigned char>(c);
  return {'=', kHexDigits[byte / 16], kHexDigits[byte % 16]};
}

void append_line(std::string& out, std::string_view line) {
  std::size_t column = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool last = i + 1 == line.size();
    const std::string character = encoded(line[i], last);
    if (column + character.size() + (last ? 0 : 1) > kMaxLine) {
      out += "=\r\n";
      column = 0;
    }
    out += character;
    column += character.size();
  }
}

}  // namespace

std::string encode_quoted_printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t lf = text.find('\n');
    std::string_view line = text.substr(0, lf);
    text.remove_prefix(lf == std::string_view::npos ? text.size() : lf + 1);
    if (lf != std::string_view::npos && line.ends_with('\r')) line.remove_suffix(1);
    append_line(out, line);
    if (lf != std::string_view::npos) out += "\r\n";
  }
  return out;
}

}  // namespace postroom::mime
