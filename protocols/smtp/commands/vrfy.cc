// VRFY, RFC 5321 4.1.1.6: is there such a user? Strangers are not told (RFC 5321 7.3): RCPT is the way to
// find out, and its misses are counted.
#include "protocols/smtp/session.h"

namespace postroom::smtp {
namespace {

Nothing parse(Cursor& in) {
  in.space();
  if (in.rest().empty()) in.fail(Reply(501, "5.5.4", "Syntax error: expected a user's name or address"));
  return {};
}

Task<Reply> run(Session&, Nothing) {
  co_return Reply(252, "2.0.0", "Not verified here; send your mail and it will be tried");
}

}  // namespace

extern constinit const Command vrfy_command = command<&parse, &run>("VRFY", {.before_hello = true});

}  // namespace postroom::smtp
