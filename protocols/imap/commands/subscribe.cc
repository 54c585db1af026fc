// SUBSCRIBE: RFC 3501 6.3.6. Only to what exists: a list that clients can make endless is not kept.
#include <algorithm>

#include "protocols/imap/session.h"

namespace postroom::imap {

namespace {

std::string parse(Cursor& in) {
  in.sp();
  return in.mailbox().name;
}

Task<Tagged> run(Session& session, std::string name) {
  const std::vector<MailboxInfo> mailboxes = co_await session.store().mailboxes(session.account);
  const bool exists = std::any_of(mailboxes.begin(), mailboxes.end(),
                                  [&name](const MailboxInfo& mailbox) { return mailbox.name == name; });
  if (!exists) co_return no(Code::nonexistent, "no such mailbox");
  const Subscribed subscribed =
      co_await session.store().set_subscribed(session.account, std::move(name), true);
  if (subscribed == Subscribed::too_many) co_return no(Code::limit, "too many subscriptions");
  co_return ok("SUBSCRIBE completed");
}

}  // namespace

extern constinit const Command subscribe_command = command<&parse, &run>("SUBSCRIBE", kLoggedIn);

}  // namespace postroom::imap
