// UnderWay: which recipients somebody is bringing a message to. One that an administrator reroutes meanwhile
// is due for another courier, too, who has to wait for what becomes of the first attempt.
#pragma once

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>

#include "storage/queue.h"

namespace postroom::relay {

class UnderWay {
 public:
  using All = std::set<std::pair<QueueId, std::uint32_t>>;

  /// Any of the message's recipients?
  static bool is_in(const All& all, const QueuedMail& mail) {
    return std::ranges::any_of(mail.recipients, [&](const QueuedRecipient& recipient) {
      return all.contains({mail.queue_id, recipient.number});
    });
  }

  /// All recipients of `mail`, unless somebody else has one of them; then none.
  UnderWay(All& all, const QueuedMail& mail) : all_(all), mail_(mail), ours_(claim()) {}
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;
  ~UnderWay() {
    if (!ours_) return;
    for (const QueuedRecipient& recipient : mail_.recipients) all_.erase({mail_.queue_id, recipient.number});
  }

  bool ours() const { return ours_; }

 private:
  bool claim() {
    if (is_in(all_, mail_)) return false;
    for (const QueuedRecipient& recipient : mail_.recipients) all_.insert({mail_.queue_id, recipient.number});
    return true;
  }

  All& all_;
  const QueuedMail& mail_;
  const bool ours_;
};

}  // namespace postroom::relay
