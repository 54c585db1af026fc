// Quoted-printable (RFC 2045 6.7) for text that we write; reading it is TransferDecoder's. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace postroom::mime {

/// Encodes text with lines that end with CRLF or LF; what comes out has CRLF, and lines of 76 characters at
/// most. Constant memory; what comes out does not depend on how the input is cut.
class QuotedPrintable {
 public:
  /// Appends what `text` makes certain to `out`.
  void feed(std::string_view text, std::string& out);
  /// At the end of the text.
  void finish(std::string& out);

 private:
  void take(char c, std::string& out);
  void put(char c, bool last, std::string& out);
  void end_line(std::string& out);

  std::size_t column_ = 0;
  std::optional<char> held_;  // how it is written depends on whether it is the last of its line
  bool after_cr_ = false;     // a CR is held, behind that
};

/// A whole text at once.
std::string encode_quoted_printable(std::string_view text);

}  // namespace postroom::mime
