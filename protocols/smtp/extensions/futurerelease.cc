// FUTURERELEASE, RFC 4865: our users may have a message wait here until a time of theirs. It waits in the
// queue, also for recipients who are here, and leaves it there and then: nobody is told of it before.
#include "base/text.h"
#include "protocols/smtp/date_time.h"
#include "protocols/smtp/session.h"

namespace postroom::smtp {
namespace {

/// The longest time.
constexpr std::chrono::seconds kLongest{std::chrono::days(30)};

void read_hold_for(Cursor& in, const Parameter& parameter, MailArguments& mail) {
  const std::string_view digits = parameter.value.value_or("");
  const auto seconds = digits.size() <= 9 ? parse_number(digits) : std::nullopt;
  if (seconds.value_or(0) == 0) return in.bad_parameter("HOLDFOR=seconds");
  mail.hold_for = std::chrono::seconds(*seconds);
}

void read_hold_until(Cursor& in, const Parameter& parameter, MailArguments& mail) {
  mail.hold_until = parse_date_time(parameter.value.value_or(""));
  if (!mail.hold_until) in.bad_parameter("HOLDUNTIL=time, like 2026-12-24T18:00:00Z");
}
constexpr MailParameter kMail[] = {{"HOLDFOR", read_hold_for}, {"HOLDUNTIL", read_hold_until}};

/// It is the relay that sends it.
bool on_offer(const Session& session) { return session.for_submission() && session.options.relay; }

std::string values(const Session& session) {
  return std::to_string(kLongest.count()) + " " +
         format_date_time(session.service.runtime.wall_now() + kLongest);
}

std::optional<Reply> refuse(const Session& session, const MailArguments& mail) {
  if (mail.hold_for && mail.hold_until) return Reply(501, "5.5.4", "HOLDFOR or HOLDUNTIL, not both");
  if (mail.release(session.service.runtime.wall_now()) > session.service.runtime.wall_now() + kLongest)
    return Reply(501, "5.5.4", "Mail waits here for " + format_duration(kLongest) + " at most");
  return std::nullopt;
}

}  // namespace

extern constinit const Extension futurerelease_extension = {
    .keyword = "FUTURERELEASE", .on_offer = on_offer, .values = values, .mail = kMail, .refuse = refuse};

}  // namespace postroom::smtp
