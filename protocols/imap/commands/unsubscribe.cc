// UNSUBSCRIBE: RFC 3501 6.3.7.
#include "protocols/imap/session.h"

namespace postroom::imap {

namespace {

std::string parse(Cursor& in) {
  in.sp();
  return in.mailbox().name;
}

Task<Tagged> run(Session& session, std::string name) {
  co_await session.store().set_subscribed(session.account, std::move(name), false);
  co_return ok("UNSUBSCRIBE completed");
}

}  // namespace

extern constinit const Command unsubscribe_command = command<&parse, &run>("UNSUBSCRIBE", kLoggedIn);

}  // namespace postroom::imap
