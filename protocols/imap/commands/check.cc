// CHECK: RFC 3501 6.4.1. Whatever was answered OK is on the disk already.
#include "protocols/imap/session.h"

namespace postroom::imap {

namespace {

Task<Tagged> run(Session&) { co_return ok("CHECK completed"); }

}  // namespace

extern constinit const Command check_command = command<&run>("CHECK", State::selected);

}  // namespace postroom::imap
