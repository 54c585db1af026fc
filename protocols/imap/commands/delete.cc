// DELETE: RFC 3501 6.3.4.
#include "protocols/imap/session.h"

namespace postroom::imap {

namespace {

std::string parse(Cursor& in) {
  in.sp();
  return in.mailbox();
}

Task<Tagged> run(Session& session, std::string name) {
  if (name == "INBOX") co_return no(Code::cannot, "the inbox stays");
  const Deleted deleted = co_await session.store().delete_mailbox(session.account, std::move(name));
  switch (deleted) {
    case Deleted::yes: break;
    case Deleted::missing: co_return no(Code::nonexistent, "no such mailbox");
    case Deleted::has_children: co_return no(Code::has_children, "delete its children first");
  }
  if (session.view && session.view->gone()) {
    session.deselect();
    session.wire.untagged_ok(name_of(Code::closed), "the selected mailbox was deleted");
  }
  co_return ok("DELETE completed");
}

}  // namespace

extern constinit const Command delete_command = command<&parse, &run>("DELETE", kLoggedIn);

}  // namespace postroom::imap
