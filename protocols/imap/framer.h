// Framer: finds the end of a command in the bytes that arrive (RFC 3501 2.2.1, 4.3; RFC 7888). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/buffer.h"
#include "protocols/imap/types.h"

namespace postroom::imap {

class Framer {
 public:
  enum class Event : std::uint8_t {
    more,      ///< everything has been taken; more must arrive
    complete,  ///< text() is a whole command, without its CRLF
    literal,   ///< text() ends with the announcement of literal(): accept(), skip() or reset()
    too_long,  ///< longer than `limit`, text() being the beginning: skip_line()
    skipped,   ///< the command that was to be skipped has ended
  };

  /// Takes bytes from the front of `in`, none that come after the event. text() grows to at most `limit`.
  Event next(Buffer& in, std::size_t limit);
  /// The next line as it is, "{5}" at its end meaning nothing: what answers a continuation request.
  Event next_line(Buffer& in, std::size_t limit);

  std::string_view text() const { return text_; }
  Announced literal() const { return literal_; }
  /// How many literals text() holds, that one not counted.
  unsigned literals() const { return literals_; }
  /// The announced literal becomes part of text().
  void accept();
  /// What else the command has is dropped, literals that come unasked too; the event skipped says when.
  void skip_line();
  /// The same when first `bytes` of a literal come.
  void skip(std::uint64_t bytes);
  /// Forgets the command: the next byte begins another.
  void reset();
  /// Gives memory back while nothing of a command has arrived.
  void rest();

 private:
  bool take_line(Buffer& in, std::size_t limit, bool& too_long);
  void take_literal(Buffer& in);
  void keep_tail();
  std::string_view line() const;

  std::string text_;            // while skipping: the last bytes of the line
  std::size_t line_begin_ = 0;  // in text_: literals come before it
  Announced literal_;
  unsigned literals_ = 0;
  std::uint64_t literal_left_ = 0;
  bool skipping_ = false;
};

}  // namespace postroom::imap
