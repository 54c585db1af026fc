// DELIVERBY, RFC 2852: what is not delivered in time is returned, or its sender is told that it is late.
#include "base/text.h"
#include "protocols/smtp/session.h"

namespace postroom::smtp {
namespace {

/// "[+-]seconds;N" or "…;R", with "T" behind it or not.
std::optional<ByArgument> by_of(std::string_view text) {
  ByArgument by;
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const std::size_t end = std::min(text.find(';'), text.size());
  const auto seconds = end <= 9 ? parse_number(text.substr(0, end)) : std::nullopt;
  const std::string mode = upper(text.substr(std::min(end + 1, text.size())));
  if (!seconds || (mode != "N" && mode != "R" && mode != "NT" && mode != "RT")) return std::nullopt;
  by.time = std::chrono::seconds(*seconds) * (negative ? -1 : 1);
  by.returns = mode.front() == 'R';
  by.traced = mode.size() > 1;
  return by;
}

void read_by(Cursor& in, const Parameter& parameter, MailArguments& mail) {
  mail.by = by_of(parameter.value.value_or(""));
  const bool past = mail.by && mail.by->returns && mail.by->time.count() <= 0;
  if (!mail.by || past) in.bad_parameter("BY=seconds;N or BY=seconds;R, with or without a T behind it");
}
constexpr MailParameter kMail[] = {{"BY", read_by}};

/// As for DSN: on port 25 nobody knows whom we would send reports to.
bool on_offer(const Session& session) { return session.for_submission(); }

std::optional<Reply> refuse(const Session& session, const MailArguments& mail) {
  const WallTime now = session.service.runtime.wall_now();
  if (mail.by->returns && mail.release(now) >= now + mail.by->time)
    return Reply(501, "5.5.4", "It would be returned before it may leave");
  return std::nullopt;
}

}  // namespace

extern constinit const Extension deliverby_extension = {
    .keyword = "DELIVERBY", .on_offer = on_offer, .mail = kMail, .refuse = refuse};

}  // namespace postroom::smtp
