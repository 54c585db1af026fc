// PartDecoder: a part's content as its writer meant it (RFC 3516 4.3): without its transfer encoding, and if
// it is text, with the line ends of the Internet.
#pragma once

#include "protocols/mime/part_index.h"

namespace postroom::mime {

/// Constant memory; what comes out does not depend on how the input is cut. A copy goes on from where it was
/// made.
class PartDecoder {
 public:
  explicit PartDecoder(const PartIndex::Entry& part);

  /// Appends what `bytes` of the part's body complete to `out`.
  void feed(std::string_view bytes, std::string& out);
  /// At the end of the body.
  void finish(std::string& out);

 private:
  void add(std::string_view decoded, std::string& out);

  TransferDecoder decoder_;
  bool lines_;             // a bare LF becomes CRLF
  bool after_cr_ = false;  // the last byte of what came out is CR
};

}  // namespace postroom::mime
