// NOOP: RFC 3501 6.1.2. What is new is told by the dispatcher, as after every command.
#include "protocols/imap/session.h"

namespace postroom::imap {

namespace {

Task<Tagged> run(Session&) { co_return ok("NOOP completed"); }

}  // namespace

extern constinit const Command noop_command = command<&run>("NOOP", kAnyState);

}  // namespace postroom::imap
