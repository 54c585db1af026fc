// STARTTLS, RFC 3207.
#include "base/log.h"
#include "protocols/smtp/session.h"

namespace postroom::smtp {
namespace {

Task<Reply> run(Session& session, Nothing) {
  if (session.under_tls()) co_return Reply(503, "5.5.1", "TLS is already on");
  if (!session.tls_on_offer()) co_return Reply(502, "5.5.1", "There is no TLS here");
  // RFC 3207 4: last in its group. What follows was said by whoever can write into the plain connection; a
  // client behind whose STARTTLS words were put in must not find them obeyed as its own.
  if (session.said_more()) {
    log::warning("smtp.starttls_injection", {{"peer", session.peer.address}});
    co_return Reply(554, "5.5.1", "Nothing may follow STARTTLS before our answer").then(Reply::Then::close);
  }
  co_return Reply(220, "2.0.0", "Ready to start TLS").then(Reply::Then::start_tls);
}

}  // namespace

extern constinit const Command starttls_command =
    command<&parse_nothing, &run>("STARTTLS", {.before_tls = true});

}  // namespace postroom::smtp
