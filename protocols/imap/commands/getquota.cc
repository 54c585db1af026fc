// GETQUOTA: RFC 9208 4.1.1.
#include "protocols/imap/quota.h"

namespace postroom::imap {

namespace {

std::string parse(Cursor& in) {
  in.sp();
  return in.astring();
}

Task<Tagged> run(Session& session, std::string root) {
  const Quota quota = co_await session.store().quota(session.account);
  if (root != kQuotaRoot || !has_root(quota)) co_return no("no such quota root");
  tell_quota(session.wire, quota);
  co_return ok("GETQUOTA completed");
}

}  // namespace

extern constinit const Command getquota_command =
    command<&parse, &run>("GETQUOTA", kLoggedIn, {.capability = "QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE"});

}  // namespace postroom::imap
