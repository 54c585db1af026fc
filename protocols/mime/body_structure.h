// IMAP's BODY and BODYSTRUCTURE of a message's parts (RFC 3501 7.4.2).
#pragma once

#include <string>

#include "protocols/mime/structure.h"

namespace postroom::mime {

enum class Extensions : bool {
  no,   ///< BODY
  yes,  ///< BODYSTRUCTURE
};

/// Ready to send.
std::string body_structure(const Part& root, Extensions extensions);

}  // namespace postroom::mime
