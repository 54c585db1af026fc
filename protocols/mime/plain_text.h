// PlainText: what a reader sees of a text, on one line, up to a number of characters.
#pragma once

#include <string>
#include <string_view>

namespace postroom::mime {

/// Takes the text of a text/plain or text/html part in pieces of whole UTF-8 characters. White space becomes
/// one space, control characters and invisible ones go; of HTML, tags, comments, scripts, styles and the
/// head's title go too, and character references become what they stand for. Constant memory; takes anything.
class PlainText {
 public:
  enum class Kind { plain, html };
  /// Keeps up to `limit` characters.
  PlainText(Kind kind, std::size_t limit) : html_(kind == Kind::html), limit_(limit) {}

  void feed(std::string_view utf8);
  /// There is no need to feed more.
  bool full() const { return count_ >= limit_; }
  const std::string& text() const { return text_; }

 private:
  enum class State { text, tag, quoted, comment, hidden, reference };

  std::size_t put_ascii(std::string_view text);
  void take(char32_t c);
  void take_in_tag(char32_t c);
  void take_in_comment(char32_t c);
  void take_in_reference(char32_t c);
  bool begins_tag(char32_t c) const;
  void end_tag();
  void end_reference(bool complete);
  void put(char32_t c);

  bool html_;
  std::size_t limit_;
  std::string text_;
  std::size_t count_ = 0;  // characters in it
  bool space_ = false;     // white space waits for what follows it

  State state_ = State::text;
  State before_ = State::text;  // the tag
  char32_t quote_ = 0;          // that ends an attribute's value
  std::string word_;            // the tag's beginning, or the reference under way
  std::string hidden_;          // the element whose content is not shown
  unsigned dashes_ = 0;         // at the end of the comment so far
};

}  // namespace postroom::mime
