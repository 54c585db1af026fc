// How a message becomes a multi-line response: RFC 1939 3, and the first lines of one: RFC 1939 7 (TOP).
// Pure, any slicing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postroom::pop3 {

/// Puts a dot before each line that begins with one.
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
