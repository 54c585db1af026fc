// Cursor: reads one complete command by the productions of RFC 3501 9. Pure.
//
// The first failure latches: every later call takes nothing and returns an empty value, so that a parser is
// straight-line code and errors are looked at once, by the dispatcher, which answers BAD with what was
// expected.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/imap/types.h"

namespace postroom::imap {

struct SyntaxError {
  std::size_t at;             ///< where in the command
  std::string_view expected;  ///< "date-time"
};

class Cursor {
 public:
  /// `in` is a command's text without its final CRLF, literals in their places; it outlives the cursor.
  explicit Cursor(std::string_view in, Numbers numbers = Numbers::sequence) : in_(in), numbers_(numbers) {}

  /// uid when "UID" stood before the command's name.
  Numbers numbers() const { return numbers_; }
  void set_numbers(Numbers numbers) { numbers_ = numbers; }
  /// Quoted strings may hold UTF-8, and mailbox names are in UTF-8 instead of modified UTF-7 (RFC 6855 3, RFC
  /// 9051 4.3, 5.1).
  void set_utf8(bool utf8) { utf8_ = utf8; }

  // Without failing: is it there? Words are compared without regard to ASCII case.

  bool at_end() const { return error_ || at_ == in_.size(); }
  /// The next character, or 0 at the end (or after an error).
  char peek() const { return at_end() ? '\0' : in_[at_]; }
  /// Takes `text` if it comes next.
  bool take(std::string_view text);
  /// Takes `word` if it comes next and is not merely the beginning of a longer atom.
  bool take_word(std::string_view word);

  // Failing when it is not there.

  void need(std::string_view text);
  void sp() { need(" "); }
  /// Nothing more may come.
  void end();
  /// Latches an error at this place, unless there is one.
  void fail(std::string_view expected);

  std::string_view tag();
  std::string_view atom();
  std::string astring();
  /// quoted or literal.
  std::string string();
  /// Nothing for NIL.
  std::optional<std::string> nstring();
  std::uint32_t number();
  std::uint32_t nz_number();
  /// RFC 4466 number64: at most 2^63-1.
  std::uint64_t number64();
  /// RFC 7162 mod-sequence-value: 1 to 2^63-1.
  std::uint64_t mod_sequence_value();
  /// RFC 7162 mod-sequence-valzer: 0 to 2^63-1.
  std::uint64_t mod_sequence_valzer();
  /// seq-number: one message, by its number or "*".
  SequenceSet one_number();
  /// Also "$" alone (RFC 5182 3).
  SequenceSet sequence_set();
  MailboxName mailbox();
  /// list-mailbox: a pattern in UTF-8, with its % and * (RFC 3501 6.3.8); also what comes before it, LIST's
  /// reference.
  std::string list_mailbox();
  /// One flag into `flags`: \Seen or a keyword; \Recent and unknown \flags fail.
  void flag(FlagNames& flags);
  /// flag-list: in parentheses.
  FlagNames flag_list();
  /// flag-keyword, as an atom.
  std::string flag_keyword();
  /// A day as its first second, UTC, whatever zone is meant (RFC 3501 date).
  WallTime date();
  WallTime date_time();
  /// initial-resp of RFC 4959 3 as it is sent: base64, or "=" for an empty one; not decoded.
  std::string initial_resp();
  /// The announcement of a literal or literal8 that ends the input; its bytes come from the connection.
  Announced streamed_literal();

  const std::optional<SyntaxError>& error() const { return error_; }
  /// What has not been read.
  std::string_view rest() const { return in_.substr(at_); }

 private:
  std::string quoted();
  std::string literal();
  std::uint64_t digits(std::uint64_t smallest, std::uint64_t largest, std::string_view name);
  std::uint32_t seq_number();
  std::string decode_name(const std::string& encoded, std::size_t begin);
  template <class Accept>
  std::string_view span(Accept accept, std::string_view name);

  std::string_view in_;
  std::size_t at_ = 0;
  Numbers numbers_;
  bool utf8_ = false;
  std::optional<SyntaxError> error_;
};

/// RFC 3501 9 character classes; 8-bit and control characters are in none of them.
bool is_atom_char(char c);
bool is_astring_char(char c);
bool is_list_char(char c);

}  // namespace postroom::imap
