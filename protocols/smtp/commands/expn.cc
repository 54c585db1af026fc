// EXPN, RFC 5321 4.1.1.7: known, and not offered: who gets a list's mail is nobody's business (RFC 5321 7.3).
#include "protocols/smtp/session.h"

namespace postroom::smtp {
namespace {

Nothing parse(Cursor& in) {
  in.rest();
  return {};
}

// RFC 5321 4.2.4
Task<Reply> run(Session&, Nothing) { co_return Reply(502, "5.5.1", "Lists are not shown here"); }

}  // namespace

extern constinit const Command expn_command = command<&parse, &run>("EXPN", {.before_hello = true});

}  // namespace postroom::smtp
