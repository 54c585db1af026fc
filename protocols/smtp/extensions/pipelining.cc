// PIPELINING, RFC 2920: commands need not wait for replies. See Session::respond().
#include "protocols/smtp/extension.h"

namespace postroom::smtp {

extern constinit const Extension pipelining_extension = {.keyword = "PIPELINING"};

}  // namespace postroom::smtp
