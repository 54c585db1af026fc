// DSN, RFC 3461: a sender says when it wants to be told what became of its mail. Our users may, whose
// reverse-path we know to be theirs. On port 25 it could be forged, and we would send reports of success to
// whomever it names: there the server that hands mail on to us tells the sender that it did (RFC 3461 5.2.2).
#include "protocols/smtp/dsn_parameters.h"
#include "protocols/smtp/session.h"

namespace postroom::smtp {
namespace {

void read_ret(Cursor& in, const Parameter& parameter, MailArguments& mail) {
  read_ret(in, parameter, mail.dsn);
}
void read_envelope_id(Cursor& in, const Parameter& parameter, MailArguments& mail) {
  read_envelope_id(in, parameter, mail.dsn);
}
constexpr MailParameter kMail[] = {{"RET", read_ret}, {"ENVID", read_envelope_id}};

void read_notify(Cursor& in, const Parameter& parameter, RcptArguments& rcpt) {
  read_notify(in, parameter, rcpt.dsn);
}
void read_original_recipient(Cursor& in, const Parameter& parameter, RcptArguments& rcpt) {
  read_original_recipient(in, parameter, rcpt.dsn);
}
constexpr RcptParameter kRcpt[] = {{"NOTIFY", read_notify}, {"ORCPT", read_original_recipient}};

bool on_offer(const Session& session) { return session.for_submission(); }

}  // namespace

extern constinit const Extension dsn_extension = {
    .keyword = "DSN", .on_offer = on_offer, .mail = kMail, .rcpt = kRcpt};

}  // namespace postroom::smtp
