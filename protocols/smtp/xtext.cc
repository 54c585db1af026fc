#include "protocols/smtp/xtext.h"

#include <algorithm>

#include "base/text.h"
#include "protocols/mime/chars.h"

namespace postroom::smtp {

namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

bool is_graphic(char c) { return c > ' ' && c < 0x7f; }
bool is_xchar(char c) { return is_graphic(c) && c != '+' && c != '='; }

/// Takes hexchar, "+3D".
std::optional<char> take_hexchar(std::string_view& text) {
  if (text.size() < 3 || text.front() != '+') return std::nullopt;
  const int high = mime::hex_value(text[1]);
  const int low = mime::hex_value(text[2]);
  if (high < 0 || low < 0) return std::nullopt;
  text.remove_prefix(3);
  return static_cast<char>(high * 16 + low);
}

/// Takes EmbeddedUnicodeChar, "\x{FC}".
std::optional<char32_t> take_embedded(std::string_view& text) {
  constexpr std::size_t kMostDigits = 6;
  const std::size_t end = text.find('}');
  if (!istarts_with(text, "\\x{") || end == std::string_view::npos) return std::nullopt;
  const std::string_view digits = text.substr(3, end - 3);
  if (digits.size() < 2 || digits.size() > kMostDigits) return std::nullopt;
  char32_t character = 0;
  for (const char digit : digits) {
    const int value = mime::hex_value(digit);
    if (value < 0) return std::nullopt;
    character = character * 16 + static_cast<char32_t>(value);
  }
  if (character > 0x10ffff) return std::nullopt;
  text.remove_prefix(end + 1);
  return character;
}

/// Of a sequence that is well-formed.
char32_t character_of(std::string_view sequence) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
  if (sequence.size() == 1) return byte(0);
  char32_t character = byte(0) & (0x7fU >> sequence.size());
  for (std::size_t i = 1; i < sequence.size(); ++i) character = (character << 6) | (byte(i) & 0x3fU);
  return character;
}

/// At least two digits, and no zero before more of them.
void append_embedded(std::string& out, char32_t character) {
  std::string digits;
  for (; character != 0 || digits.size() < 2; character /= 16) digits += kHexDigits[character % 16];
  std::ranges::reverse(digits);
  out.append("\\x{").append(digits).append("}");
}

}  // namespace

std::string xtext_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_xchar(c))
      out += c;
    else
      out.append("+").append(1, kHexDigits[byte / 16]).append(1, kHexDigits[byte % 16]);
  }
  return out;
}

std::optional<std::string> xtext_decode(std::string_view xtext) {
  std::string out;
  while (!xtext.empty()) {
    if (const auto hexchar = take_hexchar(xtext)) {
      out += *hexchar;
      continue;
    }
    if (!is_xchar(xtext.front())) return std::nullopt;
    out += xtext.front();
    xtext.remove_prefix(1);
  }
  return out;
}

std::string unitext_encode(std::string_view address, Unitext form) {
  std::string out;
  while (!address.empty()) {
    const std::size_t size = utf8_sequence(address);
    const std::string_view sequence = address.substr(0, std::max<std::size_t>(size, 1));
    address.remove_prefix(sequence.size());
    const bool whole = size != 0 && size == sequence.size();
    const bool stays = size == 1 ? is_xchar(sequence[0]) && sequence[0] != '\\' : form == Unitext::utf8;
    if (!whole)
      out += '?';
    else if (stays)
      out.append(sequence);
    else
      append_embedded(out, character_of(sequence));
  }
  return out;
}

std::optional<std::string> unitext_decode(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (const auto hexchar = take_hexchar(text)) {
      out += *hexchar;
    } else if (const auto embedded = take_embedded(text)) {
      append_utf8(out, *embedded);
    } else {
      const char c = text.front();
      const bool beyond_ascii = static_cast<unsigned char>(c) >= 0x80;
      if (!beyond_ascii && (!is_xchar(c) || c == '\\')) return std::nullopt;
      out += c;
      text.remove_prefix(1);
    }
  }
  if (!is_utf8(out)) return std::nullopt;  // surrogates among the rest
  return out;
}

}  // namespace postroom::smtp
