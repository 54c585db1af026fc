// HELO, RFC 5321 4.1.1.1: of clients older than EHLO, and of those that got no good answer to it.
#include "protocols/smtp/session.h"

namespace postroom::smtp {
namespace {

std::string parse(Cursor& in) { return in.client_name(); }

Task<Reply> run(Session& session, std::string name) {
  session.transaction.reset();
  session.hello.name = std::move(name);
  session.hello.extended = false;
  co_return Reply(250, "", session.service.hostname);
}

}  // namespace

extern constinit const Command helo_command =
    command<&parse, &run>("HELO", {.in_lmtp = false, .before_hello = true});

}  // namespace postroom::smtp
