// SETQUOTA: RFC 9208 4.1.3. The limits are the administrator's: it is refused, and QUOTASET is not among our
// capabilities. Servers of RFC 2087 had no such capability, so clients ask all the same.
#include "protocols/imap/session.h"

namespace postroom::imap {

namespace {

struct SetQuota {};

SetQuota parse(Cursor& in) {
  in.sp();
  in.astring();
  in.need(" (");
  if (in.take(")")) return {};
  do {
    in.atom();
    in.sp();
    in.number64();
  } while (in.take(" "));
  in.need(")");
  return {};
}

Task<Tagged> run(Session&, SetQuota) { co_return no(Code::no_perm, "only the administrator sets limits"); }

}  // namespace

extern constinit const Command setquota_command = command<&parse, &run>("SETQUOTA", kLoggedIn);

}  // namespace postroom::imap
