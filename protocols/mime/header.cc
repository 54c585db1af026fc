// The fields of a header block, and the tolerance that mail needs.
#include "protocols/mime/header.h"

#include <algorithm>

#include "base/text.h"
#include "protocols/mime/chars.h"

namespace postroom::mime {

namespace {

/// The length of the line `text` begins with, its LF included.
std::size_t line_length(std::string_view text) {
  const std::size_t lf = text.find('\n');
  return lf == std::string_view::npos ? text.size() : lf + 1;
}

bool is_blank_line(std::string_view text) { return text.starts_with('\n') || text.starts_with("\r\n"); }

/// RFC 5322 2.2: printable ASCII but the colon. Bytes above 127 are let through, they compare equal to
/// nothing.
bool is_field_name(std::string_view name) {
  return !name.empty() && std::none_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
  });
}

std::string_view without_line_end(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<HeaderField> HeaderFields::next() {
  if (rest_.empty() || is_blank_line(rest_)) return std::nullopt;
  HeaderField field;
  std::size_t size = line_length(rest_);
  while (size < rest_.size() && is_blank(rest_[size])) size += line_length(rest_.substr(size));
  field.raw = rest_.substr(0, size);
  rest_.remove_prefix(size);

  const std::size_t colon = field.raw.find(':');
  if (colon == std::string_view::npos || is_blank(field.raw.front())) return field;
  // RFC 5322 4.5: white space before the colon is obsolete, not wrong.
  std::string_view name = field.raw.substr(0, colon);
  while (!name.empty() && is_blank(name.back())) name.remove_suffix(1);
  if (!is_field_name(name)) return field;
  field.name = name;
  field.body = without_line_end(field.raw.substr(colon + 1));
  return field;
}

std::string unfold(std::string_view body) {
  body = trim(body);
  std::string text;
  text.reserve(body.size());
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t lf = std::min(body.find('\n', at), body.size());
    std::string_view line = body.substr(at, lf - at);
    if (lf < body.size() && line.ends_with('\r')) line.remove_suffix(1);
    text.append(line);
    at = lf + 1;
  }
  return text;
}

}  // namespace postroom::mime
