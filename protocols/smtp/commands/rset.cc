// RSET, RFC 5321 4.1.1.5: forget the transaction.
#include "protocols/smtp/session.h"

namespace postroom::smtp {
namespace {

Task<Reply> run(Session& session, Nothing) {
  session.transaction.reset();
  co_return Reply(250, "2.0.0", "Forgotten");
}

}  // namespace

extern constinit const Command rset_command =
    command<&parse_nothing, &run>("RSET", {.before_hello = true, .in_group = true});

}  // namespace postroom::smtp
