// Content-Transfer-Encoding, undone.
#include "protocols/mime/transfer.h"

#include <algorithm>
#include <array>

#include "protocols/mime/chars.h"

namespace postroom::mime {

namespace {

constexpr std::uint8_t kNoDigit = 0xff;

constexpr std::array<std::uint8_t, 256> make_digits() {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(kNoDigit);
  std::uint8_t value = 0;
  for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))
    digits[static_cast<unsigned char>(c)] = value++;
  return digits;
}
constexpr std::array<std::uint8_t, 256> kDigits = make_digits();

std::uint32_t digit(char c) { return kDigits[static_cast<unsigned char>(c)]; }

// White space at the end of a line is dropped (RFC 2045 6.7 rule 3); a longer run than any line is text.
constexpr std::size_t kMaxHeld = 1000;
// A line of uuencode has 61 characters.
constexpr std::size_t kMaxUuLine = 1000;

void append_byte(std::string& out, std::uint32_t byte) {
  out += static_cast<char>(static_cast<unsigned char>(byte));
}

}  // namespace

Encoding encoding_of(std::string_view name) {
  name = trim(name);
  name = name.substr(0, name.find_first_of(" \t\r\n;("));
  if (name.empty() || iequals(name, "7bit") || iequals(name, "8bit") || iequals(name, "binary"))
    return Encoding::identity;
  if (iequals(name, "base64")) return Encoding::base64;
  if (iequals(name, "quoted-printable")) return Encoding::quoted_printable;
  if (iequals(name, "x-uuencode") || iequals(name, "uuencode") || iequals(name, "x-uue"))
    return Encoding::uuencode;
  return Encoding::unknown;
}

void TransferDecoder::feed(std::string_view bytes, std::string& out) {
  switch (encoding_) {
    case Encoding::base64: base64(bytes, out); break;
    case Encoding::quoted_printable: quoted_printable(bytes, out); break;
    case Encoding::uuencode: uuencode(bytes, out); break;
    case Encoding::identity:
    case Encoding::unknown: out += bytes; break;
  }
}

void TransferDecoder::finish(std::string& out) {
  if (encoding_ == Encoding::base64) end_base64_group(out);
  if (encoding_ == Encoding::quoted_printable) {
    // White space and a soft line break at the very end encode nothing.
    if (held_.starts_with('=') && held_.find_first_not_of("= \t\r") != std::string::npos) out += held_;
    held_.clear();
  }
  if (encoding_ == Encoding::uuencode && !held_.empty()) uuencode_line(out);
}

/// RFC 2045 6.8: what is not of the alphabet is passed over. '=' ends a group; more may follow, as where
/// several encoded texts were put one after the other.
void TransferDecoder::base64(std::string_view bytes, std::string& out) {
  out.reserve(out.size() + bytes.size() / 4 * 3 + 3);
  std::size_t at = 0;
  while (at < bytes.size()) {
    while (characters_ == 0 && bytes.size() - at >= 4) {
      const std::uint32_t a = digit(bytes[at]), b = digit(bytes[at + 1]), c = digit(bytes[at + 2]),
                          d = digit(bytes[at + 3]);
      if (((a | b | c | d) & 0x80) != 0) break;
      const std::uint32_t group = a << 18 | b << 12 | c << 6 | d;
      const char decoded[3] = {static_cast<char>(group >> 16 & 0xff), static_cast<char>(group >> 8 & 0xff),
                               static_cast<char>(group & 0xff)};
      out.append(decoded, 3);
      at += 4;
    }
    if (at == bytes.size()) break;
    const char c = bytes[at++];
    if (c == '=') end_base64_group(out);
    const std::uint32_t value = digit(c);
    if (value == kNoDigit) continue;
    bits_ = bits_ << 6 | value;
    if (++characters_ < 4) continue;
    append_byte(out, bits_ >> 16 & 0xff);
    append_byte(out, bits_ >> 8 & 0xff);
    append_byte(out, bits_ & 0xff);
    bits_ = characters_ = 0;
  }
}

void TransferDecoder::end_base64_group(std::string& out) {
  if (characters_ == 2) append_byte(out, bits_ >> 4 & 0xff);
  if (characters_ == 3) {
    append_byte(out, bits_ >> 10 & 0xff);
    append_byte(out, bits_ >> 2 & 0xff);
  }
  bits_ = characters_ = 0;
}

/// RFC 2045 6.7. What follows a '=' and is neither two hex digits nor a line end stands for itself.
void TransferDecoder::quoted_printable(std::string_view bytes, std::string& out) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (held_.empty()) {
      const std::size_t end = std::min(bytes.find_first_of("= \t\r", at), bytes.size());
      out += bytes.substr(at, end - at);
      at = end;
      if (at == bytes.size()) return;
      held_ = bytes[at++];
      continue;
    }
    if (quoted_printable_held(bytes[at], out)) {
      ++at;
    } else {  // it was text
      out += held_;
      held_.clear();
    }
  }
}

/// What is held, and the character after it. False: they are no escape or line end, `c` is still to be looked
/// at.
bool TransferDecoder::quoted_printable_held(char c, std::string& out) {
  const bool escape = held_.front() == '=';
  if (escape && held_.size() == 2 && hex_value(held_[1]) >= 0) {
    if (hex_value(c) < 0) return false;
    append_byte(out, static_cast<std::uint32_t>(hex_value(held_[1]) << 4 | hex_value(c)));
    held_.clear();
    return true;
  }
  if (c == '\n') {  // the line ends: soft, or with its trailing white space dropped
    if (!escape) out += held_.back() == '\r' ? "\r\n" : "\n";
    held_.clear();
    return true;
  }
  const bool space = (c == ' ' || c == '\t') && held_.size() < kMaxHeld;
  const bool line_end = (space || c == '\r') && held_.back() != '\r';
  const bool digit = held_ == "=" && hex_value(c) >= 0;
  if (line_end || digit) held_ += c;
  return line_end || digit;
}

void TransferDecoder::uuencode(std::string_view bytes, std::string& out) {
  while (!bytes.empty()) {
    const std::size_t lf = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, lf);
    held_ += piece.substr(0, kMaxUuLine - held_.size());
    if (lf == std::string_view::npos) return;
    uuencode_line(out);
    bytes.remove_prefix(lf + 1);
  }
}

/// A line: "begin 644 name", a length and groups of four characters, or "end". Characters that are missing,
/// as where trailing spaces got lost, count as zero.
void TransferDecoder::uuencode_line(std::string& out) {
  std::string line;
  line.swap(held_);
  while (line.ends_with('\r')) line.pop_back();
  if (!inside_) {
    inside_ = line.starts_with("begin ");
    return;
  }
  if (line.empty() || line == "end") {
    inside_ = line.empty();
    return;
  }
  const auto value = [&](std::size_t at) {
    return at < line.size() ? static_cast<std::uint32_t>(line[at] - ' ') & 63 : 0;
  };
  std::size_t left = value(0);
  for (std::size_t at = 1; left > 0; at += 4) {
    const std::uint32_t group = value(at) << 18 | value(at + 1) << 12 | value(at + 2) << 6 | value(at + 3);
    for (int shift = 16; shift >= 0 && left > 0; shift -= 8, --left) append_byte(out, group >> shift & 0xff);
  }
}

std::string decode(Encoding encoding, std::string_view bytes) {
  std::string out;
  TransferDecoder decoder(encoding);
  decoder.feed(bytes, out);
  decoder.finish(out);
  return out;
}

}  // namespace postroom::mime
