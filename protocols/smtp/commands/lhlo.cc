// LHLO, RFC 2033 4.1: the same as EHLO, by a name that tells LMTP from SMTP.
#include "protocols/smtp/session.h"

namespace postroom::smtp {
namespace {

std::string parse(Cursor& in) { return in.client_name(); }

Task<Reply> run(Session& session, std::string name) { co_return session.greet(std::move(name)); }

}  // namespace

extern constinit const Command lhlo_command =
    command<&parse, &run>("LHLO", {.in_smtp = false, .before_hello = true, .before_tls = true});

}  // namespace postroom::smtp
