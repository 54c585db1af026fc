// SIZE, RFC 1870: how big a message may be, and is.
#include <algorithm>
#include <limits>

#include "base/text.h"
#include "protocols/smtp/session.h"

namespace postroom::smtp {
namespace {

// RFC 1870 3: up to 20 digits, of which not all fit in 64 bits; what doesn't is too big in any case.
void read_size(Cursor& in, const Parameter& parameter, MailArguments& mail) {
  const std::string_view digits = parameter.value.value_or("");
  const bool number = !digits.empty() && digits.size() <= 20 && std::ranges::all_of(digits, is_digit);
  if (!number) return in.bad_parameter("SIZE=number");
  mail.size = parse_number(digits).value_or(std::numeric_limits<std::uint64_t>::max());
}
constexpr MailParameter kMail[] = {{"SIZE", read_size}};

std::string values(const Session& session) { return std::to_string(session.options.message_size); }

std::optional<Reply> refuse(const Session& session, const MailArguments& mail) {
  if (mail.size <= session.options.message_size) return std::nullopt;
  return too_big(session.options);
}

}  // namespace

extern constinit const Extension size_extension = {
    .keyword = "SIZE", .values = values, .mail = kMail, .refuse = refuse};

}  // namespace postroom::smtp
