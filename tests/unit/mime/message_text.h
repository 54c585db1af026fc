// Messages as tests write them: with plain line ends, which mail's CRLF replace.
#pragma once

#include <string>
#include <string_view>

namespace postroom::testing {

inline std::string crlf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

inline std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  out.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace postroom::testing
