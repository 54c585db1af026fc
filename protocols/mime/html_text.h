// HtmlText: what a reader of an HTML text sees. Pure, for text that comes in pieces; constant memory.
#pragma once

#include <string>
#include <string_view>

namespace postroom::mime {

/// Tags and comments are dropped, and so is what stands in <script> and <style>; character references become
/// characters; white space is one space, and a tag that does not just mark up words is white space. Takes any
/// input: what is no markup is text.
class HtmlText {
 public:
  /// Appends what a reader sees of `utf8` to `out`. How the text is cut makes no difference.
  void feed(std::string_view utf8, std::string& out);
  /// At the end of the text.
  void finish(std::string& out);

 private:
  enum class At : unsigned char {
    text,
    reference,  ///< after "&"
    open,       ///< after "<"
    tag,        ///< behind its first letter
    quoted,     ///< within an attribute's value
    comment,
    declaration,  ///< "<!DOCTYPE …>", "<?xml …>"
    hidden,       ///< in <script> or <style>
    hidden_open,  ///< there, after "<"
  };

  void take(char c, std::string& out);
  void in_text(char c, std::string& out);
  void in_reference(char c, std::string& out);
  bool end_reference(std::string& out);
  void in_open(char c, std::string& out);
  void in_tag(char c);
  void in_hidden_open(char c);
  void end_tag();
  void see(std::string_view characters, std::string& out);

  At at_ = At::text;
  char quote_ = 0;
  char last_ = 0;  // of a comment: the characters before, for "-->"
  char before_last_ = 0;
  bool named_ = false;  // the tag's name is over
  bool space_ = false;  // white space comes before what is seen next
  bool seen_ = false;   // something was
  std::string word_;    // the tag's name; the reference
  std::string hidden_;  // the element whose content is hidden
};

}  // namespace postroom::mime
