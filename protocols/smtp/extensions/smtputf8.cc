// SMTPUTF8, RFC 6531: addresses and header fields beyond ASCII.
#include "protocols/smtp/extension.h"

namespace postroom::smtp {
namespace {

// RFC 6531 3.4
void read_utf8(Cursor& in, const Parameter& parameter, MailArguments& mail) {
  if (parameter.value) in.bad_parameter("SMTPUTF8 without a value");
  mail.utf8 = true;
}
constexpr MailParameter kMail[] = {{"SMTPUTF8", read_utf8}};

}  // namespace

extern constinit const Extension smtputf8_extension = {.keyword = "SMTPUTF8", .mail = kMail};

}  // namespace postroom::smtp
