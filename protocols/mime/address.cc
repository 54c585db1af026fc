// Address lists, read one entry at a time.
#include "protocols/mime/address.h"

#include <algorithm>
#include <utility>

#include "protocols/mime/chars.h"

namespace postroom::mime {

namespace {

// Routes and domain literals end within this, or are none: looking for their end costs the same everywhere.
constexpr std::size_t kMaxAhead = 500;

/// What ends an atom; '.' does not, so that dot-atoms come as one word.
bool is_special(char c) {
  return is_space(c) || std::string_view("()<>[]:;@,\"").find(c) != std::string_view::npos;
}

std::string_view take_word(std::string_view& text) {
  const auto end = std::find_if(text.begin() + 1, text.end(), is_special);
  const auto size = static_cast<std::size_t>(end - text.begin());
  const std::string_view word = text.substr(0, size);
  text.remove_prefix(size);
  return word;
}

/// Takes a quoted string or comment off `text`, its `open` included, backslashes undone and folding removed;
/// comments nest. One that is not ended ends with the text.
std::string take_enclosed(std::string_view& text, char open, char close) {
  std::string inside;
  std::size_t depth = 1;
  std::size_t at = 1;
  for (; at < text.size(); ++at) {
    char c = text[at];
    if (c == close && --depth == 0) break;
    if (c == open) ++depth;
    if (c == '\\' && at + 1 < text.size()) c = text[++at];
    if (c != '\r' && c != '\n') inside += c;
  }
  text.remove_prefix(std::min(at + 1, text.size()));
  return inside;
}

/// RFC 5322 3.4.1 domain-literal, with its brackets; just the bracket when it is none.
std::string_view take_literal(std::string_view& text) {
  const std::size_t end = text.substr(0, kMaxAhead).find_first_of("[]<>\"", 1);
  const bool ended = end != std::string_view::npos && text[end] == ']';
  const std::string_view word = text.substr(0, ended ? end + 1 : 1);
  text.remove_prefix(word.size());
  return word;
}

/// RFC 5322 4.4 obs-route without its colon: "@a,@b". Nothing when there is none.
std::string take_route(std::string_view& text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  if (!text.starts_with('@')) return {};
  const std::size_t end = text.substr(0, kMaxAhead).find_first_of(":<>\"(");
  if (end == std::string_view::npos || text[end] != ':') return {};
  std::string route;
  std::copy_if(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), std::back_inserter(route),
               [](char c) { return !is_space(c); });
  text.remove_prefix(end + 1);
  return route;
}

/// The addr-spec under way: local-part "@" domain, both of words that dots may join (RFC 5322 3.4.1, 4.4).
class Spec {
 public:
  /// `apart`: white space stood before the word.
  void add(std::string_view word, bool apart) {
    if (ended_) return;
    std::string& part = at_ ? domain_ : local_;
    if (apart && !part.empty() && !part.ends_with('.') && !word.starts_with('.')) {
      if (at_) {
        ended_ = true;  // words after the address
        return;
      }
      part.clear();  // words before the address
    }
    part += word;
  }
  void add_at() {
    if (ended_) return;
    if (at_) local_ += '@' + std::exchange(domain_, {});  // "a@b@c": the last one counts
    at_ = true;
  }
  bool has_at() const { return at_; }
  void move_to(Address& address) {
    address.local = std::move(local_);
    address.domain = std::move(domain_);
  }

 private:
  std::string local_, domain_;
  bool at_ = false;
  bool ended_ = false;
};

/// Takes "<" [route ":"] addr-spec ">" (RFC 5322 4.4); what is not ended ends where the list's entry does.
void take_angle(std::string_view& text, Address& address) {
  text.remove_prefix(1);
  address.route = take_route(text);
  Spec spec;
  while (!text.empty() && text.front() != ',' && text.front() != ';') {
    const char c = text.front();
    if (c == '(') {
      take_enclosed(text, '(', ')');
    } else if (c == '"') {
      spec.add(take_enclosed(text, '"', '"'), false);
    } else if (c == '[' && spec.has_at()) {
      spec.add(take_literal(text), false);
    } else if (!is_special(c) || c == ':') {
      spec.add(take_word(text), false);
    } else {
      text.remove_prefix(1);
      if (c == '>') break;
      if (c == '@') spec.add_at();
    }
  }
  spec.move_to(address);
}

/// One entry of a list: a mailbox, or the beginning of a group (RFC 5322 3.4).
class Entry {
 public:
  Entry(std::string_view& text, bool in_group) : text_(text), in_group_(in_group) {}

  /// Takes up to the comma or semicolon that ends it. Nothing when nothing is left of it.
  std::optional<Address> read() {
    while (!text_.empty() && !ends()) take_token();
    return finish();
  }

 private:
  bool ends() const {
    const char c = text_.front();
    // Two in a row without a comma are two.
    return c == ',' || c == ';' || group_ || (c == '<' && angle_);
  }

  void take_token() {
    const char c = text_.front();
    if (c == '(') {
      comment_ = take_enclosed(text_, '(', ')');
      apart_ = true;
    } else if (c == '<') {
      take_angle(text_, address_);
      angle_ = true;
    } else if (c == '"') {
      add(take_enclosed(text_, '"', '"'));
    } else if (c == '[' && spec_.has_at()) {
      add(take_literal(text_));
    } else if (c == '@') {
      text_.remove_prefix(1);
      take_at();
    } else if (c == ':' && !in_group_ && !angle_ && !spec_.has_at()) {
      text_.remove_prefix(1);
      group_ = true;
    } else if (is_space(c) || c == '>' || c == ')') {
      text_.remove_prefix(1);
      apart_ = true;
    } else {
      add(take_word(text_));
    }
  }

  void take_at() {
    if (!angle_) phrase_ += '@';
    spec_.add_at();
    apart_ = false;
  }

  void add(std::string_view word) {
    if (angle_) return;
    spec_.add(word, apart_);
    if (apart_ && !phrase_.empty()) {
      phrase_ += ' ';
      words_ = true;
    }
    phrase_ += word;
    apart_ = false;
  }

  std::optional<Address> finish() {
    if (group_) {
      address_.kind = Address::Kind::group_start;
      address_.name = std::move(phrase_);
      return std::move(address_);
    }
    if (angle_) {
      address_.name = std::move(phrase_);
    } else if (spec_.has_at()) {
      spec_.move_to(address_);
    } else {
      (words_ ? address_.name : address_.local) = std::move(phrase_);
    }
    if (address_.name.empty() && address_.local.empty() && address_.domain.empty()) return std::nullopt;
    if (address_.name.empty()) address_.name = std::move(comment_);
    return std::move(address_);
  }

  std::string_view& text_;
  const bool in_group_;
  Address address_;
  Spec spec_;
  std::string phrase_, comment_;
  bool apart_ = false;  // white space or a comment since the last word
  bool words_ = false;  // the phrase has more than one
  bool angle_ = false;
  bool group_ = false;
};

}  // namespace

std::optional<Address> AddressList::next() {
  for (;;) {
    while (!rest_.empty() && (is_space(rest_.front()) || rest_.front() == ',')) rest_.remove_prefix(1);
    const bool at_end = rest_.empty();
    const bool semicolon = !at_end && rest_.front() == ';';
    if (semicolon) rest_.remove_prefix(1);
    if (at_end || semicolon) {
      if (std::exchange(in_group_, false)) {
        Address end;
        end.kind = Address::Kind::group_end;
        return end;
      }
      if (at_end) return std::nullopt;
      continue;
    }
    auto address = Entry(rest_, in_group_).read();
    if (!address) continue;
    if (address->kind == Address::Kind::group_start) in_group_ = true;
    return address;
  }
}

}  // namespace postroom::mime
