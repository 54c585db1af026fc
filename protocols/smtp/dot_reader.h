// DotReader: where DATA's content ends, and its dots unstuffed (RFC 5321 4.1.1.4, 4.5.2). Works on any
// slicing of the stream and copies nothing. Pure.
//
// Only <CRLF>.<CRLF> ends the data, and nothing else is a line's end (RFC 5321 2.3.8): a server that took
// <LF>.<LF> or the like for the end would run what follows as commands, in the name of whoever relayed the
// message (the "SMTP smuggling" of 2023). A bare CR or LF passes here as content; ContentCheck refuses the
// message for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace postroom::smtp {

class DotReader {
 public:
  struct Piece {
    std::string_view content;  ///< a part of the input, or of a constant; may be empty
    std::size_t consumed;      ///< so much of the input is dealt with
  };

  /// Looks at input that is not empty and takes some of its beginning. Call again with the rest until done().
  Piece next(std::string_view input);

  /// The end was seen; what comes after belongs to the next command.
  bool done() const { return state_ == State::done; }

 private:
  enum class State : std::uint8_t {
    line_start,  // after CRLF, or at the very beginning
    text,
    cr,      // within text, after a CR that was handed out
    dot,     // "." at the start of a line, held back
    dot_cr,  // "." CR at the start of a line, held back
    done,
  };

  Piece line_start(std::string_view input);
  Piece text(std::string_view input);
  Piece dot(std::string_view input);
  Piece dot_cr(std::string_view input);

  State state_ = State::line_start;
};

}  // namespace postroom::smtp
