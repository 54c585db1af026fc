// GETQUOTAROOT: RFC 9208 4.1.2. Also of a mailbox that could be made.
#include "protocols/imap/quota.h"

namespace postroom::imap {

namespace {

std::string parse(Cursor& in) {
  in.sp();
  return in.mailbox().name;
}

Task<Tagged> run(Session& session, std::string mailbox) {
  const Quota quota = co_await session.store().quota(session.account);
  session.wire.raw("* QUOTAROOT ").mailbox(mailbox);
  if (has_root(quota)) session.wire.raw(" ").string(kQuotaRoot);
  session.wire.crlf();
  if (has_root(quota)) tell_quota(session.wire, quota);
  co_return ok("GETQUOTAROOT completed");
}

}  // namespace

extern constinit const Command getquotaroot_command = command<&parse, &run>("GETQUOTAROOT", kLoggedIn);

}  // namespace postroom::imap
