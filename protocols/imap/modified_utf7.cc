// RFC 3501 5.1.3 on both ways: UTF-16 in base64 with ',' for '/', between '&' and '-'.
#include "protocols/imap/modified_utf7.h"

#include <cstdint>

#include "base/text.h"

namespace postroom::imap {

namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

constexpr bool is_printable(std::uint32_t c) { return c >= 0x20 && c <= 0x7e; }

/// Takes UTF-16 units one by one and writes UTF-8; false when a unit may not stand there.
class Utf16 {
 public:
  explicit Utf16(std::string& out) : out_(out) {}
  bool add(std::uint32_t unit) {
    const bool low = unit >= 0xdc00 && unit <= 0xdfff;
    if ((high_ != 0) != low) return false;
    if (low) {
      append_utf8(out_, 0x10000 + ((high_ - 0xd800) << 10) + (unit - 0xdc00));
      high_ = 0;
      return true;
    }
    if (unit >= 0xd800 && unit <= 0xdbff) {
      high_ = unit;
      return true;
    }
    if (is_printable(unit)) return false;
    append_utf8(out_, unit);
    return true;
  }
  bool complete() const { return high_ == 0; }

 private:
  std::string& out_;
  std::uint32_t high_ = 0;
};

/// What stands between '&' and '-'; not empty.
bool decode_shifted(std::string_view base64, std::string& out) {
  Utf16 units(out);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : base64) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return false;
    bits = (bits << 6 | static_cast<std::uint32_t>(value)) & 0xfffff;
    count += 6;
    if (count < 16) continue;
    count -= 16;
    if (!units.add(bits >> count & 0xffff)) return false;
  }
  const bool padded_with_zeros = count < 6 && (bits & ((1U << count) - 1)) == 0;
  return units.complete() && padded_with_zeros;
}

/// The character at the front of well-formed UTF-8, which it takes away.
std::uint32_t next_character(std::string_view& utf8) {
  const auto first = static_cast<unsigned char>(utf8.front());
  std::size_t more = 0;
  std::uint32_t c = first;
  if (first >= 0xf0) {
    more = 3;
    c = first & 0x07U;
  } else if (first >= 0xe0) {
    more = 2;
    c = first & 0x0fU;
  } else if (first >= 0xc0) {
    more = 1;
    c = first & 0x1fU;
  }
  utf8.remove_prefix(1);
  for (; more > 0 && !utf8.empty(); --more, utf8.remove_prefix(1))
    c = c << 6 | (static_cast<unsigned char>(utf8.front()) & 0x3fU);
  return c;
}

/// Base64 of UTF-16 units.
class Shifted {
 public:
  explicit Shifted(std::string& out) : out_(out) {}
  void add(std::uint32_t unit) {
    bits_ = (bits_ << 16 | unit) & 0x3fffff;
    for (count_ += 16; count_ >= 6;) put(bits_ >> (count_ -= 6));
  }
  void finish() {
    if (count_ > 0) put(bits_ << (6 - count_));
  }

 private:
  void put(std::uint32_t six) { out_ += kAlphabet[six & 0x3f]; }
  std::string& out_;
  std::uint32_t bits_ = 0;
  int count_ = 0;
};

}  // namespace

std::optional<std::string> decode_modified_utf7(std::string_view encoded) {
  std::string out;
  bool after_shift = false;
  while (!encoded.empty()) {
    const char c = encoded.front();
    if (!is_printable(static_cast<unsigned char>(c))) return std::nullopt;
    encoded.remove_prefix(1);
    if (c != '&') {
      out += c;
      after_shift = false;
      continue;
    }
    const std::size_t end = encoded.find('-');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view shifted = encoded.substr(0, end);
    encoded.remove_prefix(end + 1);
    if (shifted.empty()) {
      out += '&';
      after_shift = false;
      continue;
    }
    if (after_shift || !decode_shifted(shifted, out)) return std::nullopt;
    after_shift = true;
  }
  return out;
}

std::string encode_modified_utf7(std::string_view utf8) {
  std::string out;
  while (!utf8.empty()) {
    if (utf8.front() == '&') {
      out += "&-";
      utf8.remove_prefix(1);
      continue;
    }
    if (is_printable(static_cast<unsigned char>(utf8.front()))) {
      out += utf8.front();
      utf8.remove_prefix(1);
      continue;
    }
    out += '&';
    Shifted shifted(out);
    while (!utf8.empty() && !is_printable(static_cast<unsigned char>(utf8.front()))) {
      const std::uint32_t c = next_character(utf8);
      if (c >= 0x10000) shifted.add(0xd800 + ((c - 0x10000) >> 10));
      shifted.add(c >= 0x10000 ? 0xdc00 + ((c - 0x10000) & 0x3ff) : c);
    }
    shifted.finish();
    out += '-';
  }
  return out;
}

}  // namespace postroom::imap
