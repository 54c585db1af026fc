// NOOP, RFC 1939 5.
#include "protocols/pop3/session.h"

namespace postroom::pop3 {
namespace {

Task<Reply> run(Session&, Nothing) { co_return Reply::ok("Yes"); }

}  // namespace

extern constinit const Command noop_command = command<&parse_nothing, &run>("NOOP", State::transaction);

}  // namespace postroom::pop3
