// What stands in braces in a transcript's lines: bytes, repetition, captures. See README.md.
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

namespace postroom::testing {

using Captures = std::map<std::string, std::string, std::less<>>;

/// The transcript itself is wrong; what() says how.
class BadScript : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The bytes of a `C:` line without its CRLF. Throws BadScript for a capture that nobody made.
std::string expand(std::string_view text, const Captures& captures);

/// Is `line` what the pattern of an `S:` line says? Adds to `captures` when it is.
bool match(std::string_view pattern, std::string_view line, Captures& captures);

/// Does the text of a line use a capture that is not there yet?
bool needs_capture(std::string_view text, const Captures& captures);

/// Bytes as a transcript shows them.
std::string show(std::string_view bytes);

}  // namespace postroom::testing
