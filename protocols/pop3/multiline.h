// How a message becomes a multi-line response: RFC 1939 3, and the first lines of one: RFC 1939 7 (TOP).
// Pure, any slicing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postroom::pop3 {

/// Puts a dot before each line that begins with one, and a CR before each LF that has none. IMAP's APPEND may
/// have brought bare LFs, and many clients take them for ends of lines: they would find the end of the
/// response (and then replies) within the message. A bare CR ends no line for them and stays: made into CRLF,
/// the CR CR LF of broken senders would become an empty line and end the header.
///
/// The sizes we state, in LIST, STAT and RETR, are those of the message as it is stored, without these CRs;
/// RFC 1939 11 would count them. That needs every message read before it can be listed, and clients live with
/// it.
class DotStuffer {
 public:
  void append(std::string_view bytes, std::string& out);
  /// A CRLF if the last line has none.
  void finish(std::string& out);

 private:
  enum class Last : std::uint8_t { line_end, cr, other } last_ = Last::line_end;
};

/// Lets the header, the empty line after it and so many lines of the body pass.
class TopFilter {
 public:
  explicit TopFilter(std::uint64_t body_lines) : lines_left_(body_lines) {}

  /// How much of the beginning of `bytes` passes.
  std::size_t pass(std::string_view bytes);
  /// Nothing more will pass.
  bool done() const { return done_; }

 private:
  std::uint64_t lines_left_;
  bool in_header_ = true;
  std::uint64_t line_length_ = 0;  // so far
  bool line_is_empty_ = true;      // but perhaps for a CR
  bool done_ = false;
};

}  // namespace postroom::pop3
