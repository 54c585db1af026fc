// MT-PRIORITY, RFC 6710: which of our users' mail leaves first where there is more for one destination.
#include "base/text.h"
#include "protocols/smtp/session.h"

namespace postroom::smtp {
namespace {

void read_priority(Cursor& in, const Parameter& parameter, MailArguments& mail) {
  std::string_view digit = parameter.value.value_or("");
  const bool negative = digit.starts_with('-');
  if (negative) digit.remove_prefix(1);
  if (digit.size() != 1 || !is_digit(digit.front()))
    return in.bad_parameter("MT-PRIORITY=number, from -9 to 9");
  const int priority = digit.front() - '0';
  mail.priority = negative ? -priority : priority;
}
constexpr MailParameter kMail[] = {{"MT-PRIORITY", read_priority}};

/// A stranger's mail is as urgent as any other.
bool on_offer(const Session& session) { return session.for_submission(); }

}  // namespace

extern constinit const Extension mt_priority_extension = {
    .keyword = "MT-PRIORITY", .on_offer = on_offer, .mail = kMail};

}  // namespace postroom::smtp
