// Values with parameters.
#include "protocols/mime/parameters.h"

#include <algorithm>
#include <map>
#include <set>

#include "protocols/mime/chars.h"
#include "protocols/mime/charset.h"
#include "protocols/mime/encoded_word.h"
#include "protocols/mime/header.h"

namespace postroom::mime {

namespace {

// What is read before continuations are joined.
constexpr std::size_t kMaxSegments = 1000;
constexpr char kHex[] = "0123456789ABCDEF";

/// What follows white space and comments (RFC 5322 3.2.2), which nest.
std::string_view without_cfws(std::string_view text) {
  std::size_t depth = 0;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '(')
      ++depth;
    else if (c == ')' && depth > 0)
      --depth;
    else if (c == '\\' && depth > 0)
      ++at;
    else if (depth == 0 && !is_space(c))
      break;
  }
  return text.substr(std::min(at, text.size()));
}

/// Takes everything up to one of `ends` off `text`.
std::string_view take_until(std::string_view& text, std::string_view ends) {
  const std::string_view taken = text.substr(0, text.find_first_of(ends));
  text.remove_prefix(taken.size());
  return taken;
}

/// RFC 2045 5.1 quoted-string; one that is not ended ends with the text.
std::string take_quoted(std::string_view& text) {
  std::string value;
  std::size_t at = 1;
  for (; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    if (text[at] != '\r' && text[at] != '\n') value += text[at];
  }
  text.remove_prefix(std::min(at + 1, text.size()));
  return value;
}

/// A value without quotes. RFC 2045's specials may be in it: boundaries have them. A file name goes on after
/// white space, as some senders forget the quotes, unless a comment or another parameter follows.
std::string take_bare(std::string_view& text, bool file_name) {
  std::string value(take_until(text, "; \t\r\n"));
  if (!file_name) return value;
  const std::size_t end = std::min(text.find_first_of(";=(\""), text.size());
  if (end < text.size() && text[end] != ';') return value;
  const std::string_view more = trim(text.substr(0, end));
  if (!more.empty()) value.append(1, ' ').append(more);
  text.remove_prefix(end);
  return value;
}

std::vector<Parameter> read_segments(std::string_view text) {
  std::vector<Parameter> segments;
  while (segments.size() < kMaxSegments) {
    text = without_cfws(text);
    if (text.empty()) break;
    if (text.front() == ';' || text.front() == '=' || text.front() == '"') {
      text.remove_prefix(1);
      continue;
    }
    Parameter segment;
    segment.name = lower(take_until(text, "=; \t\r\n("));
    text = without_cfws(text);
    if (!text.starts_with('=')) continue;  // a word that is no parameter
    text.remove_prefix(1);
    text = without_cfws(text);
    const bool file_name = segment.name == "name" || segment.name == "filename";
    segment.value = text.starts_with('"') ? take_quoted(text) : take_bare(text, file_name);
    if (!segment.name.empty()) segments.push_back(std::move(segment));
  }
  return segments;
}

/// "name*2*" (RFC 2231 3, 4.1).
struct SegmentName {
  std::string_view base;
  std::optional<std::size_t> number;
  bool extended = false;
};

SegmentName split_name(std::string_view name) {
  SegmentName result;
  if (name.size() > 1 && name.ends_with('*')) {
    result.extended = true;
    name.remove_suffix(1);
  }
  result.base = name;
  const std::size_t star = name.rfind('*');
  if (star == std::string_view::npos || star == 0) return result;
  const std::string_view digits = name.substr(star + 1);
  const auto number = parse_number(digits);
  if (!number || *number >= kMaxSegments || (digits.size() > 1 && digits.front() == '0')) return result;
  result.base = name.substr(0, star);
  result.number = static_cast<std::size_t>(*number);
  return result;
}

void append_percent_encoded(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > ' ' && byte < 0x7f &&
        std::string_view("*'%()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
}

struct Piece {
  bool extended = false;
  std::string value;
};

/// The pieces from 0 on, up to the first that is missing, as one parameter.
Parameter join(std::string_view base, const std::map<std::size_t, Piece>& pieces) {
  Parameter joined;
  joined.name = base;
  std::size_t count = 0;
  bool extended = false;
  for (const auto& [number, piece] : pieces) {
    if (number != count) break;
    extended |= piece.extended;
    ++count;
  }
  if (extended) {
    joined.name += '*';
    if (!pieces.begin()->second.extended) joined.value = "''";  // neither charset nor language
  }
  for (const auto& [number, piece] : pieces) {
    if (number >= count) break;
    if (extended && !piece.extended)
      append_percent_encoded(joined.value, piece.value);
    else
      joined.value += piece.value;
  }
  return joined;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%' && at + 2 < text.size() && hex_value(text[at + 1]) >= 0 &&
        hex_value(text[at + 2]) >= 0) {
      out += static_cast<char>(hex_value(text[at + 1]) << 4 | hex_value(text[at + 2]));
      at += 2;
    } else {
      out += text[at];
    }
  }
  return out;
}

/// RFC 2231 4: charset'language'text.
std::string extended_text(std::string_view value) {
  const std::size_t first = value.find('\'');
  const std::size_t second = first == std::string_view::npos ? first : value.find('\'', first + 1);
  std::string_view charset;
  if (second != std::string_view::npos) {
    charset = value.substr(0, first);
    value.remove_prefix(second + 1);
  }
  const std::string bytes = percent_decoded(value);
  auto text = to_utf8(charset, bytes);
  return text ? *text : to_utf8("", bytes).value();
}

/// "text / plain" without its white space and comments, in lower case.
std::string take_value(std::string_view& text) {
  std::string value;
  for (;;) {
    text = without_cfws(text);
    value += lower(take_until(text, "; \t\r\n(/"));
    text = without_cfws(text);
    if (!text.starts_with('/')) return value;
    value += '/';
    text.remove_prefix(1);
  }
}

}  // namespace

ParameterizedValue parse_parameterized(std::string_view body) {
  ParameterizedValue result;
  result.value = take_value(body);

  const std::vector<Parameter> segments = read_segments(body);
  std::map<std::string_view, std::map<std::size_t, Piece>> continued;
  for (const Parameter& segment : segments) {
    const SegmentName name = split_name(segment.name);
    if (name.number) continued[name.base].try_emplace(*name.number, Piece{name.extended, segment.value});
  }
  // In the order in which the names first come.
  std::set<std::string> seen;
  for (const Parameter& segment : segments) {
    if (result.parameters.size() == kMaxParameters) break;
    const SegmentName name = split_name(segment.name);
    Parameter parameter = segment;
    if (name.number) {
      const auto pieces = continued.find(name.base);
      if (pieces == continued.end()) continue;  // joined before
      if (pieces->second.contains(0)) parameter = join(name.base, pieces->second);
      continued.erase(pieces);
    }
    if (seen.insert(parameter.name).second) result.parameters.push_back(std::move(parameter));
  }
  return result;
}

std::optional<std::string_view> find_parameter(const std::vector<Parameter>& parameters,
                                               std::string_view name) {
  for (const Parameter& parameter : parameters)
    if (parameter.name == name) return parameter.value;
  return std::nullopt;
}

std::optional<std::string> parameter_text(const std::vector<Parameter>& parameters, std::string_view name) {
  if (const auto extended = find_parameter(parameters, std::string(name) + '*'))
    return extended_text(*extended);
  if (const auto plain = find_parameter(parameters, name)) return decode_words(*plain);
  return std::nullopt;
}

}  // namespace postroom::mime
