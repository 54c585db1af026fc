// Cursor: the arguments of a POP3 command (RFC 1939 3): words, each after one SP. The first error latches and
// becomes the reply; after it everything returns empty values. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postroom::pop3 {

class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  /// What was expected and is not there.
  const std::optional<std::string>& error() const { return error_; }
  bool at_end() const { return rest_.empty(); }

  /// SP and a word of one character at least; `what` it is, for the error.
  std::string word(std::string_view what);
  /// SP and all that is left, with its spaces.
  std::string rest(std::string_view what);
  /// SP and a number of at most 10 digits.
  std::uint64_t number(std::string_view what);
  /// Nothing more may follow.
  void end();

 private:
  bool space(std::string_view what);
  void fail(std::string_view what);

  std::string_view rest_;
  std::optional<std::string> error_;
};

}  // namespace postroom::pop3
