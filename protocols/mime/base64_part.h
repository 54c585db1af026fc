// A part that gets another transfer encoding than it came with (RFC 2045 6), and base64 for it (RFC
// 2045 6.8).
#pragma once

#include <string>
#include <string_view>

namespace postroom::mime {

/// The header block of a part, its blank line included, as it is when its body is put into `encoding`: any
/// Content-Transfer-Encoding is replaced, the lines of `more` are added, all else stays. `header` may be
/// empty.
std::string header_with_encoding(std::string_view header, std::string_view encoding,
                                 std::string_view more = "");

/// Encodes one body in lines of 76 characters, each ended by CRLF. Constant memory; what comes out does not
/// depend on how the input is cut.
class Base64Lines {
 public:
  /// Appends the lines that `bytes` complete to `out`.
  void feed(std::string_view bytes, std::string& out);
  /// At the end of the body.
  void finish(std::string& out);

 private:
  std::string held_;  // less than a line
};

}  // namespace postroom::mime
