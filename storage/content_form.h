// ContentForm: what a message holds beyond short lines of ASCII, or what a way for messages can carry of
// that.
#pragma once

namespace postroom {

struct ContentForm {
  bool beyond_ascii = false;    ///< bytes above 127 (RFC 6152)
  bool long_lines = false;      ///< of more than 998 bytes (RFC 5321 4.5.3.1.6)
  bool bare_line_ends = false;  ///< a CR or LF that is not part of a CRLF (RFC 5321 2.3.8)
  bool nul = false;

  /// Needs nothing else to carry it than BINARYMIME (RFC 3030 3).
  bool binary() const { return bare_line_ends || nul; }
  /// Can it be carried by what carries `other`?
  bool within(const ContentForm& other) const {
    return (!beyond_ascii || other.beyond_ascii) && (!long_lines || other.long_lines) &&
           (!bare_line_ends || other.bare_line_ends) && (!nul || other.nul);
  }
  void add(const ContentForm& other) {
    beyond_ascii |= other.beyond_ascii;
    long_lines |= other.long_lines;
    bare_line_ends |= other.bare_line_ends;
    nul |= other.nul;
  }
  friend bool operator==(const ContentForm&, const ContentForm&) = default;
};

/// Everything: of a message that nobody has looked at, and of a way that changes nothing.
inline constexpr ContentForm kAnyForm{
    .beyond_ascii = true, .long_lines = true, .bare_line_ends = true, .nul = true};

}  // namespace postroom
