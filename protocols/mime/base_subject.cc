// RFC 5256 2.1, step by step; the names are those of the grammar in RFC 5256 5.
#include "protocols/mime/base_subject.h"

#include "protocols/mime/chars.h"

namespace postroom::mime {

namespace {

bool take(std::string_view& text, std::string_view word) {
  if (!istarts_with(text, word)) return false;
  text.remove_prefix(word.size());
  return true;
}

void take_spaces(std::string_view& text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
}

/// subj-blob = "[" *BLOBCHAR "]" *WSP
bool take_blob(std::string_view& text) {
  if (!text.starts_with('[')) return false;
  const std::size_t end = text.find_first_of("[]", 1);
  if (end == std::string_view::npos || text[end] == '[') return false;
  text.remove_prefix(end + 1);
  take_spaces(text);
  return true;
}

/// subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"
bool take_refwd(std::string_view& text) {
  std::string_view rest = text;
  if (!take(rest, "re") && !take(rest, "fwd") && !take(rest, "fw")) return false;
  take_spaces(rest);
  take_blob(rest);
  if (!take(rest, ":")) return false;
  text = rest;
  return true;
}

/// Step 1, the decoding apart: white space becomes one space.
std::string with_single_spaces(std::string_view subject) {
  std::string out;
  out.reserve(subject.size());
  for (const char c : subject) {
    if (!is_space(c))
      out += c;
    else if (!out.ends_with(' '))
      out += ' ';
  }
  return out;
}

/// Step 2. True: there was a "(fwd)".
bool remove_trailers(std::string_view& text) {
  constexpr std::string_view kForwarded = "(fwd)";
  bool forwarded = false;
  for (;;) {
    if (text.ends_with(' ')) {
      text.remove_suffix(1);
    } else if (text.size() >= kForwarded.size() &&
               iequals(text.substr(text.size() - kForwarded.size()), kForwarded)) {
      text.remove_suffix(kForwarded.size());
      forwarded = true;
    } else {
      return forwarded;
    }
  }
}

/// Steps 3 to 5. True: there was a subj-refwd. Looks at a run of blobs once, however many there are.
bool remove_leaders(std::string_view& text) {
  bool replied = false;
  for (;;) {
    take_spaces(text);
    std::string_view rest = text;
    std::string_view last = text;  // what the last blob begins
    for (std::string_view before = rest; take_blob(rest); before = rest) last = before;
    if (take_refwd(rest)) {
      text = rest;
      replied = true;
      continue;
    }
    // Step 4: the last blob stays if it is all there is.
    text = rest.empty() ? last : rest;
    return replied;
  }
}

/// Step 6.
bool remove_forward(std::string_view& text) {
  std::string_view rest = text;
  if (!rest.ends_with(']') || !take(rest, "[fwd:")) return false;
  rest.remove_suffix(1);
  text = rest;
  return true;
}

}  // namespace

BaseSubject base_subject(std::string_view subject) {
  const std::string spaced = with_single_spaces(subject);
  std::string_view text = spaced;
  BaseSubject base;
  for (;;) {
    base.reply_or_forward |= remove_trailers(text);
    base.reply_or_forward |= remove_leaders(text);
    if (!remove_forward(text)) break;
    base.reply_or_forward = true;
  }
  base.text = text;
  return base;
}

}  // namespace postroom::mime
