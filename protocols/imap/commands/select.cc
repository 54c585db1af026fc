// SELECT: RFC 3501 6.3.1.
#include "protocols/imap/selecting.h"

namespace postroom::imap {

namespace {

Task<Tagged> run(Session& session, Selection selection) {
  co_return co_await select_mailbox(session, std::move(selection), false);
}

}  // namespace

extern constinit const Command select_command = command<&parse_selection, &run>("SELECT", kLoggedIn);

}  // namespace postroom::imap
