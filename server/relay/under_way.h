// UnderWay: which recipients somebody is bringing a message to. One that an administrator reroutes meanwhile
// is due for another courier, too, who has to wait for what becomes of the first attempt.
#pragma once

#include <cstdint>
#include <set>
#include <utility>

#include "storage/queue.h"

namespace postroom::relay {

class UnderWay {
 public:
  using All = std::set<std::pair<QueueId, std::uint32_t>>;

  /// All recipients of `mail`, unless somebody else has one of them; then none.
  UnderWay(All& all, const QueuedMail& mail) : all_(all), mail_(mail) {
    for (const QueuedRecipient& recipient : mail.recipients)
      if (all.contains({mail.queue_id, recipient.number})) return;
    for (const QueuedRecipient& recipient : mail.recipients) all.insert({mail.queue_id, recipient.number});
    ours_ = true;
  }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;
  ~UnderWay() {
    if (!ours_) return;
    for (const QueuedRecipient& recipient : mail_.recipients) all_.erase({mail_.queue_id, recipient.number});
  }

  bool ours() const { return ours_; }

 private:
  All& all_;
  const QueuedMail& mail_;
  bool ours_ = false;
};

}  // namespace postroom::relay
