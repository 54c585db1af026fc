#include "protocols/smtp/send_limits.h"

#include <algorithm>
#include <cstdio>
#include <string>

namespace postroom::smtp {

namespace {

/// "14:05 UTC"
std::string clock(WallTime time) {
  const auto minutes = std::chrono::floor<std::chrono::minutes>(time.time_since_epoch()).count() % (24 * 60);
  char text[16];
  std::snprintf(text, sizeof text, "%02d:%02d UTC", static_cast<int>(minutes / 60),
                static_cast<int>(minutes % 60));
  return text;
}

}  // namespace

std::optional<Reply> SendLimits::refuse(AccountId account, std::size_t recipients,
                                        const Options& options) const {
  const Sent sent = sent_by(account);
  const struct {
    const Period& period;
    std::uint64_t would_be;
    std::uint64_t most;
    const char* of;
  } limits[] = {
      // The longer wait first: there is no sense in coming again before.
      {sent.day, sent.day.messages + 1, options.messages_per_day, "messages within a day"},
      {sent.day, sent.day.recipients + recipients, options.recipients_per_day, "recipients within a day"},
      {sent.hour, sent.hour.messages + 1, options.messages_per_hour, "messages within an hour"},
      {sent.hour, sent.hour.recipients + recipients, options.recipients_per_hour,
       "recipients within an hour"},
  };
  for (const auto& limit : limits) {
    if (limit.most == 0 || limit.would_be <= limit.most) continue;
    // Rounded up, so that it is over then.
    const auto wait = std::chrono::ceil<std::chrono::seconds>(limit.period.end - runtime_.now());
    const WallTime again = runtime_.wall_now() + wait + std::chrono::seconds(59);
    return Reply(450, "4.7.1",
                 "You have reached the limit of " + std::to_string(limit.most) + " " + limit.of +
                     "; try again at " + clock(again));
  }
  return std::nullopt;
}

void SendLimits::count(AccountId account, std::size_t recipients) {
  Sent sent = sent_by(account);
  for (Period* const period : {&sent.hour, &sent.day}) {
    ++period->messages;
    period->recipients += recipients;
  }
  if (!sent_.contains(account)) make_room();
  sent_[account] = sent;
}

SendLimits::Sent SendLimits::sent_by(AccountId account) const {
  const auto found = sent_.find(account);
  Sent sent = found == sent_.end() ? Sent() : found->second;
  const TimePoint now = runtime_.now();
  if (sent.hour.end <= now) sent.hour = {.end = now + std::chrono::hours(1)};
  if (sent.day.end <= now) sent.day = {.end = now + std::chrono::hours(24)};
  return sent;
}

void SendLimits::make_room() {
  if (sent_.size() < kMostAccounts) return;
  const TimePoint now = runtime_.now();
  std::erase_if(sent_, [&](const auto& entry) { return entry.second.day.end <= now; });
  if (sent_.size() < kMostAccounts) return;
  sent_.erase(std::ranges::min_element(sent_, {}, [](const auto& entry) { return entry.second.day.end; }));
}

}  // namespace postroom::smtp
