// STARTTLS: RFC 3501 6.2.1. The handshake follows the OK, in the command loop.
#include "protocols/imap/session.h"

namespace postroom::imap {

namespace {

Task<Tagged> run(Session& session) {
  if (!session.stream->tls().empty()) co_return bad("TLS is in use already");
  if (!session.service.tls) co_return bad("there is no TLS here");
  session.start_tls = true;
  co_return ok("begin TLS now");
}

}  // namespace

extern constinit const Command starttls_command = command<&run>("STARTTLS", State::not_authenticated);

}  // namespace postroom::imap
