// ENHANCEDSTATUSCODES, RFC 2034: see Reply.
#include "protocols/smtp/extension.h"

namespace postroom::smtp {

extern constinit const Extension enhancedstatuscodes_extension = {.keyword = "ENHANCEDSTATUSCODES"};

}  // namespace postroom::smtp
