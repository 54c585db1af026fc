// Needle: one string SEARCH looks for, found in text that comes in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postroom::imap {

/// Text and needle are compared as mime::fold_case() leaves them: without regard to case and to how marks are
/// composed.
/// Linear in the text whatever needle and text are (Knuth, Morris, Pratt): both come from strangers.
class Needle {
 public:
  /// `folded`: what to look for, folded.
  explicit Needle(std::string folded);

  /// What is looked for.
  const std::string& text() const { return needle_; }

  /// Looks at the next piece of folded text; true once the needle has been seen. An empty needle is in any
  /// text.
  bool feed(std::string_view folded_text);
  bool found() const { return matched_ == needle_.size(); }

  /// Forgets what was fed: another message.
  void reset() { matched_ = 0; }
  /// A text ended and another begins: no match reaches across.
  void cut() {
    if (!found()) matched_ = 0;
  }

 private:
  std::string needle_;
  std::vector<std::uint32_t> border_;  // border_[n]: length of the longest proper border of the first n bytes
  std::size_t matched_ = 0;            // how much of the needle the text so far ends with
};

}  // namespace postroom::imap
