// QUIT, RFC 5321 4.1.1.10.
#include "protocols/smtp/session.h"

namespace postroom::smtp {
namespace {

Task<Reply> run(Session& session, Nothing) {
  co_return Reply(221, "2.0.0", session.service.hostname + " Goodbye").then(Reply::Then::close);
}

}  // namespace

extern constinit const Command quit_command =
    command<&parse_nothing, &run>("QUIT", {.before_hello = true, .before_tls = true});

}  // namespace postroom::smtp
