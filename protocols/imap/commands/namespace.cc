// NAMESPACE: RFC 2342 5. One personal namespace, whose prefix is empty.
#include "protocols/imap/session.h"

namespace postroom::imap {

namespace {

Task<Tagged> run(Session& session) {
  session.wire.raw("* NAMESPACE ((\"\" \"/\")) NIL NIL").crlf();
  co_return ok("NAMESPACE completed");
}

}  // namespace

extern constinit const Command namespace_command =
    command<&run>("NAMESPACE", kLoggedIn, {.capability = "NAMESPACE"});

}  // namespace postroom::imap
