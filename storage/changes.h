// ChangeHub: committed changes, to the sessions that look at the mailbox. Loop thread only.
#pragma once

#include <unordered_map>

#include "base/signal.h"
#include "storage/types.h"

namespace postroom {

class ChangeHub {
 public:
  /// One session's interest in one mailbox. Subscribe before taking the snapshot, so that nothing falls
  /// between.
  class Subscription {
   public:
    Subscription(ChangeHub& hub, MailboxId mailbox, Signal& signal);
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;
    ~Subscription();

    /// The highest modseq published since subscribing; 0: none. Nothing is new while this is not above what
    /// the session has told its client.
    ModSeq latest() const { return latest_; }
    /// The mailbox was deleted.
    bool gone() const { return gone_; }

   private:
    friend class ChangeHub;
    ChangeHub& hub_;
    MailboxId mailbox_;
    Signal* signal_;
    ModSeq latest_ = 0;
    bool gone_ = false;
    Subscription* next_ = nullptr;  // of the same mailbox
    Subscription** previous_link_ = nullptr;
  };

  /// Called in commit order, after the commit.
  void publish(MailboxId mailbox, ModSeq modseq);
  void publish_gone(MailboxId mailbox);

 private:
  std::unordered_map<MailboxId, Subscription*> first_;
};

}  // namespace postroom
