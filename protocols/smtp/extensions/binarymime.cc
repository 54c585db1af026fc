// BINARYMIME, RFC 3030 3: content that is no text, by BDAT. See eightbitmime.cc for BODY=BINARYMIME.
#include "protocols/smtp/extension.h"

namespace postroom::smtp {

extern constinit const Extension binarymime_extension = {.keyword = "BINARYMIME"};

}  // namespace postroom::smtp
