// Message IDs, read leniently and compared strictly.
#include "protocols/mime/message_id.h"

#include <algorithm>

#include "protocols/mime/chars.h"

namespace postroom::mime {

namespace {

/// Takes one off `text`, which follows its "<". Empty: it is none. Stops before another "<".
std::string take_id(std::string_view& text) {
  std::string id;
  bool quoted = false;
  std::size_t depth = 0;  // of comments
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    char c = text[at];
    if (c == '\\' && (quoted || depth > 0) && at + 1 < text.size()) {
      c = text[++at];
      if (depth == 0) id += c;
    } else if (depth > 0) {
      if (c == '(') ++depth;
      if (c == ')') --depth;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (quoted) {
      if (c != '\r' && c != '\n') id += c;
    } else if (c == '(') {
      ++depth;
    } else if (c == '<' || c == '>') {
      break;
    } else if (!is_space(c)) {
      id += c;
    }
  }
  const bool ended = at < text.size() && text[at] == '>';
  text.remove_prefix(at);
  const std::size_t middle = id.find('@');
  const bool sound = middle != std::string::npos && middle > 0 && middle + 1 < id.size();
  return ended && sound ? id : std::string();
}

}  // namespace

std::optional<std::string> MessageIds::next() {
  for (;;) {
    const std::size_t begin = rest_.find('<');
    if (begin == std::string_view::npos) return std::nullopt;
    rest_.remove_prefix(begin + 1);
    std::string id = take_id(rest_);
    if (!id.empty()) return id;
  }
}

std::uint64_t message_id_hash(std::string_view id) {
  // FNV-1a: what is stored must mean the same everywhere. Whoever makes two that are equal gains nothing: a
  // message can name any other as its parent.
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return std::max<std::uint64_t>(hash, 1);
}

}  // namespace postroom::mime
