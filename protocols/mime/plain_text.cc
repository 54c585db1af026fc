// Text and HTML, reduced to what is read.
#include "protocols/mime/plain_text.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"

namespace postroom::mime {

namespace {

// No element or character reference that matters has a longer name.
constexpr std::size_t kMaxWord = 16;

struct Reference {
  std::string_view name;
  char32_t character;
};
constexpr std::array<Reference, 28> kReferences = {
    {{"amp", '&'},      {"lt", '<'},        {"gt", '>'},       {"quot", '"'},     {"apos", '\''},
     {"nbsp", 0xA0},    {"auml", 0xE4},     {"ouml", 0xF6},    {"uuml", 0xFC},    {"Auml", 0xC4},
     {"Ouml", 0xD6},    {"Uuml", 0xDC},     {"szlig", 0xDF},   {"eacute", 0xE9},  {"egrave", 0xE8},
     {"agrave", 0xE0},  {"ccedil", 0xE7},   {"copy", 0xA9},    {"reg", 0xAE},     {"euro", 0x20AC},
     {"ndash", 0x2013}, {"mdash", 0x2014},  {"lsquo", 0x2018}, {"rsquo", 0x2019}, {"ldquo", 0x201C},
     {"rdquo", 0x201D}, {"hellip", 0x2026}, {"zwnj", 0x200C}}};

bool is_white(char32_t c) {
  return c == ' ' || (c >= 9 && c <= 13) || c == 0x85 || c == 0xA0 || (c >= 0x2000 && c <= 0x200A) ||
         c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

/// Controls, and what senders pad the beginning of a message with to keep its text out of previews.
bool is_invisible(char32_t c) {
  return c < ' ' || (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x34F || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF;
}

bool is_letter(char32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// The character at `at`, which moves on. `text` is well-formed UTF-8.
char32_t next_character(std::string_view text, std::size_t& at) {
  const auto byte = [&] { return static_cast<unsigned char>(text[at++]); };
  const char32_t first = byte();
  if (first < 0x80) return first;
  int more = first >= 0xF0 ? 3 : (first >= 0xE0 ? 2 : 1);
  char32_t c = first & (0x3FU >> more);
  for (; more > 0 && at < text.size(); --more) c = c << 6 | (byte() & 0x3FU);
  return c;
}

/// Of "amp", "#8211", "#x2013".
std::optional<char32_t> referred(std::string_view name) {
  if (!name.starts_with('#')) {
    for (const Reference& one : kReferences)
      if (one.name == name) return one.character;
    return std::nullopt;
  }
  name.remove_prefix(1);
  const bool hex = name.starts_with('x') || name.starts_with('X');
  if (hex) name.remove_prefix(1);
  char32_t value = 0;
  for (const char c : name) {
    const char letter = to_lower(c);
    const bool digit = is_digit(c);
    if (!digit && !(hex && letter >= 'a' && letter <= 'f')) return std::nullopt;
    value = value * (hex ? 16 : 10) + static_cast<char32_t>(digit ? c - '0' : letter - 'a' + 10);
    if (value > 0x10FFFF) return std::nullopt;
  }
  if (name.empty() || value == 0 || (value >= 0xD800 && value < 0xE000)) return std::nullopt;
  return value;
}

bool is_hidden(std::string_view element) {
  return element == "script" || element == "style" || element == "title" || element == "template" ||
         element == "noscript";
}

/// Words on both sides of these belong together: "<b>H</b>ello".
bool is_inline(std::string_view element) {
  constexpr std::array<std::string_view, 14> kInline = {
      "a", "b", "i", "u", "s", "em", "strong", "span", "font", "small", "big", "sub", "sup", "wbr"};
  return std::find(kInline.begin(), kInline.end(), element) != kInline.end();
}

}  // namespace

void PlainText::feed(std::string_view utf8) {
  for (std::size_t at = 0; at < utf8.size() && !full();) {
    if (state_ == State::text && !space_) {
      at += put_ascii(utf8.substr(at));
      if (at == utf8.size() || full()) return;
    }
    const char32_t c = next_character(utf8, at);
    switch (state_) {
      case State::text:
      case State::hidden: take(c); break;
      case State::tag:
      case State::quoted: take_in_tag(c); break;
      case State::comment: take_in_comment(c); break;
      case State::reference: take_in_reference(c); break;
    }
  }
}

/// What `text` begins with that stays as it is: visible ASCII with single spaces between. Most text is no
/// more than that. Returns how much.
std::size_t PlainText::put_ascii(std::string_view text) {
  const auto visible = [&](std::size_t at) {
    const char c = text[at];
    return c > ' ' && c < '\x7f' && !(html_ && (c == '<' || c == '&'));
  };
  text = text.substr(0, limit_ - count_);
  std::size_t size = 0;
  while (size < text.size()) {
    const bool between =
        text[size] == ' ' && count_ + size > 0 && size + 1 < text.size() && visible(size + 1);
    if (!between && !visible(size)) break;
    ++size;
  }
  text_ += text.substr(0, size);
  count_ += size;
  return size;
}

void PlainText::take(char32_t c) {
  if (html_ && c == '<') {
    before_ = state_;
    state_ = State::tag;
    word_.clear();
  } else if (html_ && c == '&' && state_ == State::text) {
    state_ = State::reference;
    word_.clear();
  } else if (state_ == State::text) {
    put(c);
  }
}

void PlainText::take_in_tag(char32_t c) {
  if (state_ == State::quoted) {
    if (c == quote_) state_ = State::tag;
  } else if (word_.empty() && !begins_tag(c)) {
    state_ = before_;
    if (before_ == State::text) put('<');  // "1 < 2"
    take(c);
  } else if (c == '>') {
    end_tag();
  } else if (word_.ends_with(' ')) {  // attributes are passed over
    if (c == '"' || c == '\'') {
      quote_ = c;
      state_ = State::quoted;
    }
  } else {
    if (is_white(c) || word_.size() == kMaxWord)
      word_ += ' ';
    else
      word_ += c < 0x80 ? to_lower(static_cast<char>(c)) : '?';
    if (word_ != "!--") return;
    state_ = State::comment;
    dashes_ = 0;
  }
}

/// In a script "<" is an operator: only what may end it is a tag.
bool PlainText::begins_tag(char32_t c) const {
  return c == '/' || (before_ == State::text && (is_letter(c) || c == '!' || c == '?'));
}

void PlainText::take_in_comment(char32_t c) {
  if (c == '-') {
    ++dashes_;
  } else {
    if (c == '>' && dashes_ >= 2) state_ = before_;
    dashes_ = 0;
  }
}

void PlainText::end_tag() {
  std::string name = word_.substr(0, word_.find_first_of(" /", 1));
  state_ = before_;
  if (before_ == State::hidden) {
    if (name == '/' + hidden_) state_ = State::text;
    return;
  }
  if (is_hidden(name) && !word_.ends_with('/')) {
    hidden_ = name;
    state_ = State::hidden;
  }
  if (name.starts_with('/')) name.erase(0, 1);
  if (!is_inline(name)) space_ = true;
}

void PlainText::take_in_reference(char32_t c) {
  const bool part = c == '#' || (c >= '0' && c <= '9') || is_letter(c);
  if (part && word_.size() < kMaxWord) {
    word_ += static_cast<char>(c);
    return;
  }
  end_reference(c == ';');
  if (c != ';') take(c);
}

/// "&amp;", also without its end; what is none stays as it is written.
void PlainText::end_reference(bool complete) {
  state_ = State::text;
  if (const auto c = referred(word_)) return put(*c);
  put('&');
  for (const char c : word_) put(static_cast<char32_t>(c));
  if (complete) put(';');
}

void PlainText::put(char32_t c) {
  if (is_white(c)) space_ = true;
  if (is_white(c) || is_invisible(c) || full()) return;
  if (space_ && count_ > 0) {
    text_ += ' ';
    if (++count_ == limit_) return text_.pop_back();
  }
  space_ = false;
  append_utf8(text_, c);
  ++count_;
}

}  // namespace postroom::mime
