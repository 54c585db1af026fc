// Numbers and short texts as bytes, for what is stored beside a message and read again by us alone.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace postroom::mime {

/// The longest text.
inline constexpr std::size_t kMaxPackedText = 1000;

inline void pack_number(std::string& out, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) out += static_cast<char>(0x80 | (number & 0x7f));
  out += static_cast<char>(number);
}

/// Of any size, in eight bytes.
inline void pack_fixed(std::string& out, std::uint64_t number) {
  for (unsigned shift = 64; shift > 0; shift -= 8) out += static_cast<char>(number >> (shift - 8));
}

inline void pack_text(std::string& out, std::string_view text) {
  pack_number(out, text.size());
  out += text;
}

/// Reads what was packed; the first thing that is not there makes all that follow fail.
class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : rest_(bytes) {}

  bool failed() const { return failed_; }
  bool at_end() const { return rest_.empty(); }

  unsigned byte() {
    if (rest_.empty()) {
      failed_ = true;
      return 0;
    }
    const auto value = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }

  std::uint64_t number(std::uint64_t limit) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 63; shift += 7) {
      const unsigned next = byte();
      value |= std::uint64_t{next & 0x7f} << shift;
      if (next < 0x80) {
        failed_ |= value > limit;
        return failed_ ? 0 : value;
      }
    }
    failed_ = true;
    return 0;
  }

  std::uint64_t fixed() {
    std::uint64_t value = 0;
    for (int i = 0; i < 8; ++i) value = value << 8 | byte();
    return value;
  }

  std::string text() {
    const std::uint64_t size = number(std::min<std::uint64_t>(kMaxPackedText, rest_.size()));
    if (size > rest_.size()) {
      failed_ = true;
      return {};
    }
    std::string value(rest_.substr(0, static_cast<std::size_t>(size)));
    rest_.remove_prefix(value.size());
    return value;
  }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace postroom::mime
