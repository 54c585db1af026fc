// CHUNKING, RFC 3030: see commands/bdat.cc.
#include "protocols/smtp/extension.h"

namespace postroom::smtp {

extern constinit const Extension chunking_extension = {.keyword = "CHUNKING"};

}  // namespace postroom::smtp
