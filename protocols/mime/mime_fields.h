// The MIME fields of a part's header (RFC 2045), as structure.cc and what it feeds need them.
#pragma once

#include <cstddef>
#include <string_view>

#include "protocols/mime/structure.h"

namespace postroom::mime {

/// Fills in type, parameters, encoding, id, description, md5, location, disposition and languages; what the
/// header does not say, or not in a way that can be understood, stays as it is. The first field of a name
/// counts. `room` is how many bytes of fields may still be kept for this message, and is lessened; fields
/// beyond are passed over.
void read_mime_fields(std::string_view header_block, Part& part, std::size_t& room);

}  // namespace postroom::mime
