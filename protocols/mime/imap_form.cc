// IMAP's strings as bytes.
#include "protocols/mime/imap_form.h"

#include <algorithm>

namespace postroom::mime {

namespace {

// Beyond this a literal is easier on the peer's line buffer.
constexpr std::size_t kMaxQuoted = 1000;

/// RFC 3501 9: QUOTED-CHAR, with those that need a backslash.
bool may_be_quoted(std::string_view text) {
  return text.size() <= kMaxQuoted && std::none_of(text.begin(), text.end(), [](char c) {
           return c == '\r' || c == '\n' || c == '\0' || static_cast<unsigned char>(c) > 0x7f;
         });
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

void append_string(std::string& out, std::string_view text) {
  if (may_be_quoted(text)) {
    append_quoted(out, text);
    return;
  }
  out += '{';
  out += std::to_string(text.size());
  out += "}\r\n";
  const std::size_t start = out.size();
  out += text;
  std::replace(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), '\0', '\x80');
}

void append_nstring(std::string& out, const std::optional<std::string_view>& text) {
  if (text)
    append_string(out, *text);
  else
    out += "NIL";
}

}  // namespace postroom::mime
