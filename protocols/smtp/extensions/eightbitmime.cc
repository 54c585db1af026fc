// 8BITMIME, RFC 1652: messages need not be ASCII. They are stored as they come.
#include "base/text.h"
#include "protocols/smtp/extension.h"

namespace postroom::smtp {
namespace {

// BINARYMIME (RFC 3030 3) is not offered.
void read_body(Cursor& in, const Parameter& parameter, MailArguments&) {
  const std::string_view value = parameter.value.value_or("");
  if (!iequals(value, "7BIT") && !iequals(value, "8BITMIME")) in.bad_parameter("BODY=7BIT or BODY=8BITMIME");
}
constexpr MailParameter kMail[] = {{"BODY", read_body}};

}  // namespace

extern constinit const Extension eightbitmime_extension = {.keyword = "8BITMIME", .mail = kMail};

}  // namespace postroom::smtp
