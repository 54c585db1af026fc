// CAPABILITY: RFC 3501 6.1.1.
#include "protocols/imap/capability.h"

#include "protocols/imap/session.h"

namespace postroom::imap {

namespace {

Task<Tagged> run(Session& session) {
  session.wire.raw("* CAPABILITY ").raw(capabilities(session)).crlf();
  co_return ok("CAPABILITY completed");
}

}  // namespace

extern constinit const Command capability_command = command<&run>("CAPABILITY", kAnyState);

}  // namespace postroom::imap
