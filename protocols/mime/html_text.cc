// HTML's text, without a tree: characters in, characters out.
#include "protocols/mime/html_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "protocols/mime/chars.h"

namespace postroom::mime {

namespace {

struct Named {
  std::string_view name;
  char32_t character;
};
// HTML 4's names but for some mathematics, in order.
constexpr std::array<Named, 194> kNamed = {
    {{"AElig", 0xc6},    {"Aacute", 0xc1},   {"Acirc", 0xc2},    {"Agrave", 0xc0},   {"Alpha", 0x391},
     {"Aring", 0xc5},    {"Atilde", 0xc3},   {"Auml", 0xc4},     {"Beta", 0x392},    {"Ccedil", 0xc7},
     {"Chi", 0x3a7},     {"Dagger", 0x2021}, {"Delta", 0x394},   {"ETH", 0xd0},      {"Eacute", 0xc9},
     {"Ecirc", 0xca},    {"Egrave", 0xc8},   {"Epsilon", 0x395}, {"Eta", 0x397},     {"Euml", 0xcb},
     {"Gamma", 0x393},   {"Iacute", 0xcd},   {"Icirc", 0xce},    {"Igrave", 0xcc},   {"Iota", 0x399},
     {"Iuml", 0xcf},     {"Kappa", 0x39a},   {"Lambda", 0x39b},  {"Mu", 0x39c},      {"Ntilde", 0xd1},
     {"Nu", 0x39d},      {"OElig", 0x152},   {"Oacute", 0xd3},   {"Ocirc", 0xd4},    {"Ograve", 0xd2},
     {"Omega", 0x3a9},   {"Omicron", 0x39f}, {"Oslash", 0xd8},   {"Otilde", 0xd5},   {"Ouml", 0xd6},
     {"Phi", 0x3a6},     {"Pi", 0x3a0},      {"Prime", 0x2033},  {"Psi", 0x3a8},     {"Rho", 0x3a1},
     {"Scaron", 0x160},  {"Sigma", 0x3a3},   {"THORN", 0xde},    {"Tau", 0x3a4},     {"Theta", 0x398},
     {"Uacute", 0xda},   {"Ucirc", 0xdb},    {"Ugrave", 0xd9},   {"Upsilon", 0x3a5}, {"Uuml", 0xdc},
     {"Xi", 0x39e},      {"Yacute", 0xdd},   {"Yuml", 0x178},    {"Zeta", 0x396},    {"aacute", 0xe1},
     {"acirc", 0xe2},    {"acute", 0xb4},    {"aelig", 0xe6},    {"agrave", 0xe0},   {"alpha", 0x3b1},
     {"amp", 0x26},      {"apos", 0x27},     {"aring", 0xe5},    {"atilde", 0xe3},   {"auml", 0xe4},
     {"bdquo", 0x201e},  {"beta", 0x3b2},    {"brvbar", 0xa6},   {"bull", 0x2022},   {"ccedil", 0xe7},
     {"cedil", 0xb8},    {"cent", 0xa2},     {"chi", 0x3c7},     {"circ", 0x2c6},    {"copy", 0xa9},
     {"curren", 0xa4},   {"dagger", 0x2020}, {"darr", 0x2193},   {"deg", 0xb0},      {"delta", 0x3b4},
     {"divide", 0xf7},   {"eacute", 0xe9},   {"ecirc", 0xea},    {"egrave", 0xe8},   {"emsp", 0x2003},
     {"ensp", 0x2002},   {"epsilon", 0x3b5}, {"eta", 0x3b7},     {"eth", 0xf0},      {"euml", 0xeb},
     {"euro", 0x20ac},   {"fnof", 0x192},    {"frac12", 0xbd},   {"frac14", 0xbc},   {"frac34", 0xbe},
     {"gamma", 0x3b3},   {"ge", 0x2265},     {"gt", 0x3e},       {"harr", 0x2194},   {"hellip", 0x2026},
     {"iacute", 0xed},   {"icirc", 0xee},    {"iexcl", 0xa1},    {"igrave", 0xec},   {"infin", 0x221e},
     {"iota", 0x3b9},    {"iquest", 0xbf},   {"iuml", 0xef},     {"kappa", 0x3ba},   {"lambda", 0x3bb},
     {"laquo", 0xab},    {"larr", 0x2190},   {"ldquo", 0x201c},  {"le", 0x2264},     {"lrm", 0x200e},
     {"lsaquo", 0x2039}, {"lsquo", 0x2018},  {"lt", 0x3c},       {"macr", 0xaf},     {"mdash", 0x2014},
     {"micro", 0xb5},    {"middot", 0xb7},   {"minus", 0x2212},  {"mu", 0x3bc},      {"nbsp", 0xa0},
     {"ndash", 0x2013},  {"ne", 0x2260},     {"not", 0xac},      {"ntilde", 0xf1},   {"nu", 0x3bd},
     {"oacute", 0xf3},   {"ocirc", 0xf4},    {"oelig", 0x153},   {"ograve", 0xf2},   {"omega", 0x3c9},
     {"omicron", 0x3bf}, {"ordf", 0xaa},     {"ordm", 0xba},     {"oslash", 0xf8},   {"otilde", 0xf5},
     {"ouml", 0xf6},     {"para", 0xb6},     {"permil", 0x2030}, {"phi", 0x3c6},     {"pi", 0x3c0},
     {"plusmn", 0xb1},   {"pound", 0xa3},    {"prime", 0x2032},  {"psi", 0x3c8},     {"quot", 0x22},
     {"raquo", 0xbb},    {"rarr", 0x2192},   {"rdquo", 0x201d},  {"reg", 0xae},      {"rho", 0x3c1},
     {"rlm", 0x200f},    {"rsaquo", 0x203a}, {"rsquo", 0x2019},  {"sbquo", 0x201a},  {"scaron", 0x161},
     {"sect", 0xa7},     {"shy", 0xad},      {"sigma", 0x3c3},   {"sigmaf", 0x3c2},  {"sup1", 0xb9},
     {"sup2", 0xb2},     {"sup3", 0xb3},     {"szlig", 0xdf},    {"tau", 0x3c4},     {"theta", 0x3b8},
     {"thinsp", 0x2009}, {"thorn", 0xfe},    {"tilde", 0x2dc},   {"times", 0xd7},    {"trade", 0x2122},
     {"uacute", 0xfa},   {"uarr", 0x2191},   {"ucirc", 0xfb},    {"ugrave", 0xf9},   {"uml", 0xa8},
     {"upsilon", 0x3c5}, {"uuml", 0xfc},     {"xi", 0x3be},      {"yacute", 0xfd},   {"yen", 0xa5},
     {"yuml", 0xff},     {"zeta", 0x3b6},    {"zwj", 0x200d},    {"zwnj", 0x200c}}};
static_assert(std::is_sorted(kNamed.begin(), kNamed.end(),
                             [](const Named& a, const Named& b) { return a.name < b.name; }));

// Tags that mark up words: text goes on behind them.
constexpr std::array<std::string_view, 30> kInline = {
    {"a",    "abbr",  "acronym", "b",      "bdi",    "bdo",  "big",  "cite", "code", "em",
     "font", "i",     "ins",     "kbd",    "label",  "mark", "nobr", "o:p",  "q",    "s",
     "samp", "small", "span",    "strike", "strong", "sub",  "sup",  "tt",   "u",    "wbr"}};

constexpr std::size_t kMaxWord = 16;

/// "#228", "#xe4"
std::optional<char32_t> numbered(std::string_view digits) {
  const bool hex = to_lower(digits.substr(1, 1).empty() ? ' ' : digits[1]) == 'x';
  digits.remove_prefix(hex ? 2 : 1);
  if (digits.empty()) return std::nullopt;
  char32_t value = 0;
  for (const char c : digits) {
    const int digit = hex ? hex_value(c) : is_digit(c) ? c - '0' : -1;
    if (digit < 0) return std::nullopt;
    value = std::min<char32_t>(value * (hex ? 16 : 10) + static_cast<char32_t>(digit), 0x110000);
  }
  const bool character = value > 0 && value < 0x110000 && (value < 0xd800 || value > 0xdfff);
  return character ? value : 0xfffd;
}

std::optional<char32_t> referred(std::string_view word) {
  if (word.starts_with('#')) return numbered(word);
  const auto* at = std::lower_bound(kNamed.begin(), kNamed.end(), word,
                                    [](const Named& a, std::string_view name) { return a.name < name; });
  if (at == kNamed.end() || at->name != word) return std::nullopt;
  return at->character;
}

bool is_letter(char c) { return to_lower(c) >= 'a' && to_lower(c) <= 'z'; }

}  // namespace

void HtmlText::feed(std::string_view utf8, std::string& out) {
  for (const char c : utf8) take(c, out);
}

void HtmlText::finish(std::string& out) {
  if (at_ == At::reference) end_reference(out);
  if (at_ == At::open) see("<", out);
}

void HtmlText::take(char c, std::string& out) {
  switch (at_) {
    case At::text: return in_text(c, out);
    case At::reference: return in_reference(c, out);
    case At::open: return in_open(c, out);
    case At::tag: return in_tag(c);
    case At::quoted:
      if (c == quote_) at_ = At::tag;
      return;
    case At::comment:
      if (c == '>' && last_ == '-' && before_last_ == '-') at_ = At::text;
      before_last_ = last_;
      last_ = c;
      return;
    case At::declaration:
      word_ += c;
      if (word_ == "--") {
        at_ = At::comment;
        last_ = before_last_ = 0;
      }
      if (word_.size() > 2) word_.resize(2);
      if (c == '>') at_ = At::text;
      return;
    case At::hidden:
      if (c == '<') at_ = At::hidden_open;
      word_.clear();
      return;
    case At::hidden_open: return in_hidden_open(c);
  }
}

void HtmlText::see(std::string_view characters, std::string& out) {
  if (space_ && seen_) out += ' ';
  space_ = false;
  seen_ = true;
  out += characters;
}

void HtmlText::in_text(char c, std::string& out) {
  if (c == '<') {
    at_ = At::open;
  } else if (c == '&') {
    at_ = At::reference;
    word_.clear();
  } else if (is_space(c)) {
    space_ = true;
  } else {
    see(std::string_view(&c, 1), out);
  }
}

/// Senders forget the ";".
void HtmlText::in_reference(char c, std::string& out) {
  const bool goes_on = is_letter(c) || is_digit(c) || (c == '#' && word_.empty());
  if (goes_on && word_.size() < kMaxWord) {
    word_ += c;
    return;
  }
  if (!end_reference(out) || c != ';') in_text(c, out);
}

/// False: it is none.
bool HtmlText::end_reference(std::string& out) {
  at_ = At::text;
  const std::optional<char32_t> character = referred(word_);
  if (!character) {
    see("&" + word_, out);
  } else if (*character == 0xa0) {
    space_ = true;
  } else {
    std::string utf8;
    append_utf8(utf8, *character);
    see(utf8, out);
  }
  return character.has_value();
}

void HtmlText::in_open(char c, std::string& out) {
  word_.clear();
  named_ = false;
  if (c == '!' || c == '?') {
    at_ = At::declaration;
  } else if (is_letter(c) || c == '/') {
    at_ = At::tag;
    in_tag(c);
  } else {
    at_ = At::text;
    see("<", out);
    in_text(c, out);
  }
}

void HtmlText::in_tag(char c) {
  if (c == '>') return end_tag();
  if (named_ && (c == '"' || c == '\'') && last_ == '=') {
    at_ = At::quoted;
    quote_ = c;
  }
  const bool closes = c == '/' && word_.empty();
  if (!closes && (is_space(c) || c == '/')) named_ = true;
  if (!named_ && word_.size() < kMaxWord) word_ += to_lower(c);
  if (!is_space(c)) last_ = c;
}

void HtmlText::end_tag() {
  at_ = At::text;
  const bool closing = word_.starts_with('/');
  const std::string_view name = std::string_view(word_).substr(closing ? 1 : 0);
  if (std::find(kInline.begin(), kInline.end(), name) == kInline.end()) space_ = true;
  if (closing || (name != "script" && name != "style")) return;
  at_ = At::hidden;
  hidden_ = "/" + std::string(name);
}

void HtmlText::in_hidden_open(char c) {
  if (c == '>' && word_ == hidden_) {
    at_ = At::text;
    space_ = true;
  } else if (word_.size() < hidden_.size() && to_lower(c) == hidden_[word_.size()]) {
    word_ += to_lower(c);
  } else if (word_ != hidden_ || !is_space(c)) {
    at_ = c == '<' ? At::hidden_open : At::hidden;
    word_.clear();
  }
}

}  // namespace postroom::mime
