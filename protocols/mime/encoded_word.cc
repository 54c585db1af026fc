// Encoded words, decoded.
#include "protocols/mime/encoded_word.h"

#include <optional>

#include "protocols/mime/chars.h"
#include "protocols/mime/charset.h"
#include "protocols/mime/transfer.h"

namespace postroom::mime {

namespace {

/// "=?charset*language?B?text?=" (RFC 2047 2, RFC 2231 5), as views.
struct Word {
  std::string_view charset;
  std::string_view text;
  char encoding = 0;     // 'b' or 'q'
  std::size_t size = 0;  // of all of it
};

/// The word `text` begins with. Looks no further than the next '?' each time, so that looking everywhere is
/// linear.
std::optional<Word> read_word(std::string_view text) {
  Word word;
  const std::size_t charset_end = text.find('?', 2);
  if (charset_end == std::string_view::npos || charset_end + 2 >= text.size() || text[charset_end + 2] != '?')
    return std::nullopt;
  word.charset = text.substr(2, charset_end - 2);
  word.charset = word.charset.substr(0, word.charset.find('*'));
  word.encoding = to_lower(text[charset_end + 1]);
  const std::size_t begin = charset_end + 3;
  const std::size_t end = text.find('?', begin);
  if (end == std::string_view::npos || end + 1 >= text.size() || text[end + 1] != '=') return std::nullopt;
  if (word.charset.empty() || (word.encoding != 'b' && word.encoding != 'q')) return std::nullopt;
  word.text = text.substr(begin, end - begin);
  word.size = end + 2;
  return word;
}

/// RFC 2047 4.2.
std::string decode_q(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '=' && at + 2 < text.size() && hex_value(text[at + 1]) >= 0 &&
        hex_value(text[at + 2]) >= 0) {
      out += static_cast<char>(hex_value(text[at + 1]) << 4 | hex_value(text[at + 2]));
      at += 2;
    } else {
      out += text[at] == '_' ? ' ' : text[at];
    }
  }
  return out;
}

bool is_all_space(std::string_view text) { return trim(text).empty(); }

/// Words of one charset that stand together: their bytes are converted as one.
class Run {
 public:
  bool empty() const { return raw_.empty(); }
  bool takes(const Word& word) const { return !raw_.empty() && iequals(charset_, word.charset); }

  /// `raw`: the word as written, with the white space before it if it is not the first.
  void add(const Word& word, std::string_view raw) {
    charset_ = word.charset;
    raw_ = raw_.empty() ? raw : std::string_view(raw_.data(), raw_.size() + raw.size());
    bytes_ += word.encoding == 'b' ? decode(Encoding::base64, word.text) : decode_q(word.text);
  }

  void end(std::string& out) {
    if (raw_.empty()) return;
    const auto text = to_utf8(charset_, bytes_);
    out += text ? *text : to_utf8("", raw_).value();
    raw_ = {};
    bytes_.clear();
  }

 private:
  std::string_view charset_, raw_;
  std::string bytes_;
};

}  // namespace

std::string decode_words(std::string_view text) {
  if (text.find("=?") == std::string_view::npos) return to_utf8("", text).value();
  std::string out;
  Run run;
  std::size_t plain = 0;  // where what is no word begins
  std::size_t at = 0;
  while ((at = text.find("=?", at)) != std::string_view::npos) {
    const auto word = read_word(text.substr(at));
    if (!word) {
      at += 2;
      continue;
    }
    const std::string_view before = text.substr(plain, at - plain);
    const bool together = !run.empty() && is_all_space(before);
    const bool joined = together && run.takes(*word);
    if (!joined) run.end(out);
    if (!together) out += to_utf8("", before).value();
    run.add(*word, joined ? text.substr(plain, at - plain + word->size) : text.substr(at, word->size));
    at += word->size;
    plain = at;
  }
  run.end(out);
  out += to_utf8("", text.substr(plain)).value();
  return out;
}

}  // namespace postroom::mime
