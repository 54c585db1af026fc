// CLOSE: RFC 3501 6.4.2. No modseq is told of it (RFC 7162 3.2.8).
#include <limits>

#include "protocols/imap/session.h"

namespace postroom::imap {

namespace {

Task<Tagged> run(Session& session) {
  const MailboxId mailbox = session.view->mailbox();
  const bool read_only = session.view->read_only();
  if (!read_only) {
    const UidSet all(1, std::numeric_limits<Uid>::max());
    co_await session.store().expunge(mailbox, all, true);
  }
  session.deselect();  // before the dispatcher tells what is new: no EXPUNGE is told
  co_return ok("CLOSE completed");
}

}  // namespace

extern constinit const Command close_command = command<&run>("CLOSE", State::selected);

}  // namespace postroom::imap
