// Characters, as the parsers of this folder see them.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/text.h"

namespace postroom::mime {

/// White space, line ends of folded fields included (RFC 5322 3.2.2).
constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// White space within a line (RFC 5322 2.2.2).
constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// At most `limit` bytes, not cut within a UTF-8 character.
constexpr std::string_view clipped(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0) == 0x80) --limit;
  return text.substr(0, limit);
}

/// The value of a hex digit in any case; -1 when it is none.
constexpr int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char letter = to_lower(c);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

}  // namespace postroom::mime
