// SendLimits: how much each user has sent lately, so that a stolen password is worth little to a spammer. In
// memory only: a restart forgets it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "base/runtime.h"
#include "protocols/smtp/options.h"
#include "protocols/smtp/reply.h"
#include "storage/types.h"

namespace postroom::smtp {

/// One for all sessions.
class SendLimits {
 public:
  explicit SendLimits(Runtime& runtime) : runtime_(runtime) {}

  /// Why a user may not send one more message, to so many recipients, now; nothing: they may.
  std::optional<Reply> refuse(AccountId account, std::size_t recipients, const Options& options) const;
  /// They have.
  void count(AccountId account, std::size_t recipients);

  /// When more users than that have sent within a day, it forgets some.
  static constexpr std::size_t kMostAccounts = 10000;

 private:
  /// From the first message after the last such time was over. So up to twice the limit may come within one
  /// that begins elsewhere; what is kept of a user is small for that.
  struct Period {
    TimePoint end{};
    std::uint64_t messages = 0;
    std::uint64_t recipients = 0;
  };
  struct Sent {
    Period hour;
    Period day;
  };
  /// As it is now: what is over begins anew.
  Sent sent_by(AccountId account) const;
  void make_room();

  Runtime& runtime_;
  std::unordered_map<AccountId, Sent> sent_;
};

}  // namespace postroom::smtp
