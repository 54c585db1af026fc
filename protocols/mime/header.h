// The fields of a header block (RFC 5322 2.2), as mail in the wild has them: lines end with CRLF or LF, a
// line without a colon is no field, the blank line at the end may be missing. Every function is linear in its
// input.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postroom::mime {

/// One field; all views are into the block.
struct HeaderField {
  std::string_view raw;   ///< all its lines, their line ends included
  std::string_view name;  ///< as written, without white space; empty: a line that is no field
  std::string_view body;  ///< what follows the colon, still folded, without the last line end
};

/// Walks over a block, field by field, up to its blank line or its end.
class HeaderFields {
 public:
  explicit HeaderFields(std::string_view block) : rest_(block) {}
  /// The next field, lines that are no field among them (their name is empty); nothing at the end.
  std::optional<HeaderField> next();
  /// What next() has not seen: it begins with the blank line, or is empty.
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

/// A field's body on one line: line ends removed (RFC 5322 2.2.3), white space trimmed at both ends.
std::string unfold(std::string_view body);

}  // namespace postroom::mime
