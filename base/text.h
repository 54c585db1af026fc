// Small text tools. ASCII only where nothing else is said: protocol words have no locale.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postroom {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
constexpr char to_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; }

std::string lower(std::string_view text);
std::string upper(std::string_view text);

/// Equal but for ASCII case.
bool iequals(std::string_view a, std::string_view b);
bool istarts_with(std::string_view text, std::string_view prefix);

/// Without white space (SP, HTAB, CR, LF) at both ends.
std::string_view trim(std::string_view text);

/// All digits and within range, or nothing.
std::optional<std::uint64_t> parse_number(std::string_view digits);

std::vector<std::string_view> split(std::string_view text, char separator);

/// Words with `separator` between them.
template <class Words>
std::string join(const Words& words, std::string_view separator) {
  std::string out;
  for (const auto& word : words) out.append(out.empty() ? "" : separator).append(word);
  return out;
}

bool is_ascii(std::string_view text);

/// The length of the UTF-8 sequence (RFC 3629 4) that `bytes`, which are not empty, begin with; 0 when they
/// begin with none. More than there are: what is there is right, the rest has to come.
std::size_t utf8_sequence(std::string_view bytes);

/// Appends a character (RFC 3629 3), which is at most U+10FFFF.
void append_utf8(std::string& out, char32_t character);

/// Well-formed UTF-8 (RFC 3629): no surrogates, no overlong forms, no more than U+10FFFF.
bool is_utf8(std::string_view bytes);

/// RFC 4648 4, padded.
std::string base64_encode(std::string_view bytes);
/// Strict RFC 4648 4 as SASL needs it: padded, nothing else between; anything wrong gives nothing.
std::optional<std::string> base64_decode(std::string_view text);

std::string hex_encode(std::string_view bytes);

/// The candidate nearest to a mistyped word, or nothing when none is near: "did you mean …".
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates);

/// "50MiB", "5GiB", "4096" (bytes) into bytes; nothing when it is no size.
std::optional<std::uint64_t> parse_size(std::string_view text);
/// Bytes as people write them: "50 MiB", "4.1 KiB".
std::string format_size(std::uint64_t bytes);

/// "90s", "5m", "4h", "5d" into seconds, at most 10 years; nothing when it is no time.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);
/// In the largest unit that is exact, as parse_duration() reads it: "5m".
std::string format_duration(std::chrono::seconds time);

}  // namespace postroom
