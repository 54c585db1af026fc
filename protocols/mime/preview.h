// Preview: the beginning of what a message says (RFC 8970), found while the message comes in.
#pragma once

#include <string>
#include <string_view>

#include "protocols/mime/structure.h"

namespace postroom::mime {

/// RFC 8970 3.3: so many characters, each of up to four bytes.
inline constexpr std::size_t kPreviewCharacters = 200;

/// Keeps the beginnings of a message's first text/plain and text/html part, attachments excepted: a few KiB,
/// whatever the message's size.
class PreviewBuilder {
 public:
  /// `slice` begins at `offset` of the message; `texts` are those found up to its end.
  void take(std::string_view slice, std::uint64_t offset, const FirstTexts& texts);
  /// The preview, in UTF-8; empty: there is no text. `texts` are those of the whole message.
  std::string finish(const FirstTexts& texts);

 private:
  std::array<std::string, 2> beginnings_;
};

}  // namespace postroom::mime
