// NOOP, RFC 5321 4.1.1.9: are you there?
#include "protocols/smtp/session.h"

namespace postroom::smtp {
namespace {

// Whatever stands there is ignored.
Nothing parse(Cursor& in) {
  in.rest();
  return {};
}

Task<Reply> run(Session&, Nothing) { co_return Reply(250, "2.0.0", "Yes"); }

}  // namespace

extern constinit const Command noop_command =
    command<&parse, &run>("NOOP", {.before_hello = true, .before_tls = true});

}  // namespace postroom::smtp
