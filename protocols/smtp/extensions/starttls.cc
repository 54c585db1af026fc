// STARTTLS, RFC 3207: see commands/starttls.cc.
#include "protocols/smtp/session.h"

namespace postroom::smtp {
namespace {

bool on_offer(const Session& session) { return session.tls_on_offer(); }

}  // namespace

extern constinit const Extension starttls_extension = {.keyword = "STARTTLS", .on_offer = on_offer};

}  // namespace postroom::smtp
