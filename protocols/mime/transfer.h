// Content-Transfer-Encoding (RFC 2045 6): decoders for bytes that come in pieces, tolerant of what mail has
// been through on its way. They never fail: what is not of the encoding is passed over or taken as it is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postroom::mime {

enum class Encoding : std::uint8_t {
  identity,  ///< 7bit, 8bit, binary, or none given
  quoted_printable,
  base64,
  uuencode,
  unknown,  ///< RFC 2045 6.4: its content is not to be interpreted
};

/// By the field's first word: "base64", "x-uuencode" … in any case; empty is identity.
Encoding encoding_of(std::string_view name);

/// Decodes one body. Constant memory; the result does not depend on how the input is cut.
class TransferDecoder {
 public:
  explicit TransferDecoder(Encoding encoding) : encoding_(encoding) {}

  /// Appends what `bytes` complete to `out`.
  void feed(std::string_view bytes, std::string& out);
  /// At the end of the body.
  void finish(std::string& out);

 private:
  void base64(std::string_view bytes, std::string& out);
  void quoted_printable(std::string_view bytes, std::string& out);
  bool quoted_printable_held(char c, std::string& out);
  void uuencode(std::string_view bytes, std::string& out);
  void uuencode_line(std::string& out);
  void end_base64_group(std::string& out);

  Encoding encoding_;
  std::uint32_t bits_ = 0;   // base64: of the group under way
  unsigned characters_ = 0;  // base64: how many characters of it
  std::string held_;         // quoted-printable: "=" or trailing white space; uuencode: the line so far
  bool inside_ = false;      // uuencode: between begin and end
};

/// A whole body at once.
std::string decode(Encoding encoding, std::string_view bytes);

}  // namespace postroom::mime
