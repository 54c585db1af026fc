// UNSELECT: RFC 3691.
#include "protocols/imap/session.h"

namespace postroom::imap {

namespace {

Task<Tagged> run(Session& session) {
  session.deselect();
  co_return ok("UNSELECT completed");
}

}  // namespace

extern constinit const Command unselect_command =
    command<&run>("UNSELECT", State::selected, {.capability = "UNSELECT"});

}  // namespace postroom::imap
