// RSET, RFC 1939 5: no message is marked as deleted any more.
#include "protocols/pop3/session.h"

namespace postroom::pop3 {
namespace {

Task<Reply> run(Session& session, Nothing) {
  session.maildrop->unmark_all();
  co_return Reply::ok("No message will be deleted");
}

}  // namespace

extern constinit const Command rset_command = command<&parse_nothing, &run>("RSET", State::transaction);

}  // namespace postroom::pop3
