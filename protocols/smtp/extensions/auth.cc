// AUTH, RFC 4954: our users log in where they submit mail.
#include "protocols/sasl/mechanism.h"
#include "protocols/smtp/session.h"

namespace postroom::smtp {
namespace {

// Who first sent the message, says the client. Nobody is trusted to, so it is read and left (RFC 4954 5).
void read_auth(Cursor& in, const Parameter& parameter, MailArguments&) {
  if (!parameter.value) in.bad_parameter("AUTH=address");
}
constexpr MailParameter kMail[] = {{"AUTH", read_auth}};

bool on_offer(const Session& session) { return session.login_offered(); }
std::string values(const Session& session) { return sasl::mechanism_names("", session.sasl_offer()); }

}  // namespace

extern constinit const Extension auth_extension = {
    .keyword = "AUTH", .on_offer = on_offer, .values = values, .mail = kMail};

}  // namespace postroom::smtp
