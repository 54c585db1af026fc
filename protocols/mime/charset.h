// Charsets, by ICU: bytes of any charset into UTF-8, and UTF-8 folded for searching.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace postroom::mime {

/// Does to_utf8() know this name (IANA names and aliases, any case)?
bool known_charset(std::string_view charset);

/// `bytes` of `charset` as UTF-8; what is malformed becomes U+FFFD. Nothing when the charset is unknown.
/// An empty name and "us-ascii" are read leniently: as UTF-8 where it is UTF-8, else as windows-1252.
std::optional<std::string> to_utf8(std::string_view charset, std::string_view bytes);

/// The same for bytes that come in pieces, in constant memory.
class CharsetDecoder {
 public:
  /// Nothing when the charset is unknown.
  static std::optional<CharsetDecoder> open(std::string_view charset);
  CharsetDecoder(CharsetDecoder&&) noexcept;
  CharsetDecoder& operator=(CharsetDecoder&&) noexcept;
  ~CharsetDecoder();

  /// Appends what `bytes` complete, as UTF-8, to `out`; characters may be split between calls.
  void feed(std::string_view bytes, std::string& out);
  /// At the end: an incomplete character becomes U+FFFD.
  void finish(std::string& out);

 private:
  struct State;
  explicit CharsetDecoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// UTF-8 folded so that equal text compares equal bytewise (RFC 5051 i;unicode-casemap): case and
/// compatibility forms folded, decomposed. A substring search of folded text for folded text is
/// i;unicode-casemap's, and finds a little more ("STRASSE" in "Straße"). Malformed UTF-8 becomes U+FFFD.
std::string fold_case(std::string_view utf8);

/// UTF-8 mapped to title case and decomposed (RFC 5051): bytewise, mapped texts are in the order of
/// i;unicode-casemap. Malformed UTF-8 becomes U+FFFD.
std::string casemap(std::string_view utf8);

/// Well-formed UTF-8 in Unicode's normalization form C, as Net-Unicode has it (RFC 5198 3). For names: a run
/// of combining marks takes quadratic time, about 1 ms for 3,000 bytes.
std::string normal_form(std::string_view utf8);

/// fold_case() for text that comes in pieces of whole characters, well-formed: the result does not depend on
/// how it is cut. Constant memory.
class CaseFolder {
 public:
  /// Appends what `utf8` completes to `out`: marks belong to the letter they follow.
  void feed(std::string_view utf8, std::string& out);
  /// At the end of the text.
  void finish(std::string& out);

 private:
  std::string held_;
};

/// ICU's: another one may decode and fold other characters.
std::string icu_version();

}  // namespace postroom::mime
