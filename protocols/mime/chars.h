// Characters, as the parsers of this folder see them.
#pragma once

#include "base/text.h"

namespace postroom::mime {

/// White space, line ends of folded fields included (RFC 5322 3.2.2).
constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// The value of a hex digit in any case; -1 when it is none.
constexpr int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char letter = to_lower(c);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

}  // namespace postroom::mime
