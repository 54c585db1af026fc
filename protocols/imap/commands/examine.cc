// EXAMINE: RFC 3501 6.3.2.
#include "protocols/imap/selecting.h"

namespace postroom::imap {

namespace {

Task<Tagged> run(Session& session, Selection selection) {
  co_return co_await select_mailbox(session, std::move(selection), true);
}

}  // namespace

extern constinit const Command examine_command = command<&parse_selection, &run>("EXAMINE", kLoggedIn);

}  // namespace postroom::imap
