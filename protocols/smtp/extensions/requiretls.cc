// REQUIRETLS, RFC 8689: mail that goes by TLS only, from here on, too: to servers that show who they are, and
// that have this extension.
#include "protocols/smtp/session.h"

namespace postroom::smtp {
namespace {

void read_require_tls(Cursor& in, const Parameter& parameter, MailArguments& mail) {
  if (parameter.value) in.bad_parameter("REQUIRETLS without a value");
  mail.require_tls = true;
}
constexpr MailParameter kMail[] = {{"REQUIRETLS", read_require_tls}};

bool on_offer(const Session& session) { return session.under_tls(); }

}  // namespace

extern constinit const Extension requiretls_extension = {
    .keyword = "REQUIRETLS", .on_offer = on_offer, .mail = kMail};

}  // namespace postroom::smtp
