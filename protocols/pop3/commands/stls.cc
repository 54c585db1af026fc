// STLS, RFC 2595 4.
#include "base/log.h"
#include "protocols/pop3/session.h"

namespace postroom::pop3 {
namespace {

Task<Reply> run(Session& session, Nothing) {
  if (session.under_tls()) co_return Reply::error("TLS is already on");
  if (!session.tls_on_offer()) co_return Reply::error("There is no TLS here");
  // What follows was said by whoever can write into the plain connection; it must not be obeyed as the
  // client's.
  if (session.said_more()) {
    log::warning("pop3.stls_injection", {{"peer", session.peer.address}});
    co_return Reply::error("Nothing may follow STLS before our answer").then(Reply::Then::close);
  }
  co_return Reply::ok("Begin TLS").then(Reply::Then::start_tls);
}

}  // namespace

extern constinit const Command stls_command = command<&parse_nothing, &run>("STLS", State::authorization);

}  // namespace postroom::pop3
