// QUIT, RFC 1939 4, 6: removes what DELE marked, and ends the connection.
#include "base/log.h"
#include "protocols/pop3/session.h"

namespace postroom::pop3 {
namespace {

Task<Reply> run(Session& session, Nothing) {
  const bool nothing_marked = !session.maildrop || session.maildrop->deleted().empty();
  if (nothing_marked) co_return Reply::ok("Goodbye").then(Reply::Then::close);
  const Maildrop& maildrop = *session.maildrop;
  const Expunged expunged = co_await session.service.store.expunge(maildrop.id(), maildrop.deleted(), false);
  log::info("pop3.deleted", {{"peer", session.peer.address}, {"messages", expunged.uids.size()}});
  co_return Reply::ok("Goodbye, " + messages(expunged.uids.size()) + " deleted").then(Reply::Then::close);
}

}  // namespace

extern constinit const Command quit_command = command<&parse_nothing, &run>("QUIT", State::any);

}  // namespace postroom::pop3
