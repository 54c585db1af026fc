// LOGOUT: RFC 3501 6.1.3.
#include "protocols/imap/session.h"

namespace postroom::imap {

namespace {

Task<Tagged> run(Session& session) {
  session.deselect();
  session.wire.bye(Code::none, "goodbye");
  session.ending = true;
  co_return ok("LOGOUT completed");
}

}  // namespace

extern constinit const Command logout_command = command<&run>("LOGOUT", kAnyState);

}  // namespace postroom::imap
