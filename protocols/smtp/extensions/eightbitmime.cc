// 8BITMIME, RFC 1652: messages need not be ASCII. They are stored as they come. BODY is also the parameter of
// BINARYMIME (RFC 3030 3).
#include "base/text.h"
#include "protocols/smtp/extension.h"

namespace postroom::smtp {
namespace {

void read_body(Cursor& in, const Parameter& parameter, MailArguments& mail) {
  const std::string_view value = parameter.value.value_or("");
  mail.binary = iequals(value, "BINARYMIME");
  if (!mail.binary && !iequals(value, "7BIT") && !iequals(value, "8BITMIME"))
    in.bad_parameter("BODY=7BIT, BODY=8BITMIME or BODY=BINARYMIME");
}
constexpr MailParameter kMail[] = {{"BODY", read_body}};

}  // namespace

extern constinit const Extension eightbitmime_extension = {.keyword = "8BITMIME", .mail = kMail};

}  // namespace postroom::smtp
