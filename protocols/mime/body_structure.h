// IMAP's BODY and BODYSTRUCTURE of a message's parts (RFC 3501 7.4.2).
#pragma once

#include <string>

#include "protocols/mime/structure.h"

namespace postroom::mime {

enum class Extensions : bool {
  no,   ///< BODY
  yes,  ///< BODYSTRUCTURE
};

/// Around what only IMAP4rev2 is sent: to IMAP4rev1 a message/global is a part like any other, without
/// envelope, body and lines (RFC 3501 9 media-message, RFC 9051 9). A NUL is nowhere else.
inline constexpr std::string_view kRev2Begin("\0(", 2);
inline constexpr std::string_view kRev2End("\0)", 2);

/// Ready to send by Wire::body().
std::string body_structure(const Part& root, Extensions extensions);

}  // namespace postroom::mime
