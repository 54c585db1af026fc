// ContentCheck: what may not be in a message that is text, whichever command brought it, and what kind it is.
// Pure, works on any slicing.
//
// A bare CR or LF is refused rather than mended or stored: DKIM signatures would break, other servers would
// see other lines than we do, and POP3 and IMAP clients would be shown lines that no sender sent. RFC
// 5321 2.3.8 forbids clients to send them, in BDAT's text too (RFC 3030 2). NUL is no character of text (RFC
// 2045 2.8) and cannot be sent in an IMAP literal (RFC 3501 4.3).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "protocols/smtp/reply.h"

namespace postroom::smtp {

class ContentCheck {
 public:
  /// `longest_line` counts the CRLF; at least 2.
  explicit ContentCheck(std::uint64_t longest_line) : longest_line_(longest_line - 2) {}

  /// It may be anything: only what kind it is is looked for (RFC 3030 3). Before the first byte.
  void allow_binary() { binary_ = true; }

  void feed(std::string_view bytes);
  /// After the last byte.
  void finish();

  /// Is the last line without its CRLF? Only BDAT can leave it so.
  bool within_line() const { return line_ > 0; }
  /// Is it internationalized (RFC 6532)? The fields of its parts are not looked at.
  bool header_beyond_ascii() const { return header_beyond_ascii_; }
  /// The first thing that was wrong.
  const std::optional<Reply>& refusal() const { return refusal_; }

 private:
  void line_part(std::string_view part);
  void refuse(std::string_view status, const char* text);

  std::uint64_t longest_line_;  // without its CRLF
  std::uint64_t line_ = 0;      // bytes of the current line so far
  bool binary_ = false;
  bool after_cr_ = false;  // the last byte was a CR
  bool in_header_ = true;
  bool header_beyond_ascii_ = false;
  std::optional<Reply> refusal_;
};

}  // namespace postroom::smtp
