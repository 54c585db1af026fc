// DELETE: RFC 3501 6.3.4.
#include "protocols/imap/tell.h"

namespace postroom::imap {

namespace {

MailboxName parse(Cursor& in) {
  in.sp();
  return in.mailbox();
}

Task<Tagged> run(Session& session, MailboxName mailbox) {
  if (mailbox.name == "INBOX") co_return no(Code::cannot, "the inbox stays");
  const Deleted deleted = co_await session.store().delete_mailbox(session.account, mailbox.name);
  switch (deleted) {
    case Deleted::yes: break;
    case Deleted::missing: co_return no(Code::nonexistent, "no such mailbox");
    case Deleted::has_children: co_return no(Code::has_children, "delete its children first");
  }
  if (session.view && session.view->gone()) {
    session.deselect();
    session.wire.untagged_ok(name_of(Code::closed), "the selected mailbox was deleted");
  }
  tell_old_name(session, "\\NonExistent", mailbox);
  co_return ok("DELETE completed");
}

}  // namespace

extern constinit const Command delete_command = command<&parse, &run>("DELETE", kLoggedIn);

}  // namespace postroom::imap
