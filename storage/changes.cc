// ChangeHub: sessions in lists by mailbox; a mailbox nobody looks at costs nothing.
#include "storage/changes.h"

namespace postroom {

ChangeHub::Subscription::Subscription(ChangeHub& hub, MailboxId mailbox, Signal& signal)
    : hub_(hub), mailbox_(mailbox), signal_(&signal) {
  Subscription*& first = hub_.first_[mailbox];
  next_ = first;
  if (next_) next_->previous_link_ = &next_;
  // Elements of an unordered_map stay where they are, so that the link to the first one stays good.
  previous_link_ = &first;
  first = this;
}

ChangeHub::Subscription::~Subscription() {
  *previous_link_ = next_;
  if (next_) next_->previous_link_ = previous_link_;
  const auto list = hub_.first_.find(mailbox_);
  if (list != hub_.first_.end() && !list->second) hub_.first_.erase(list);
}

void ChangeHub::publish(MailboxId mailbox, ModSeq modseq) {
  const auto list = first_.find(mailbox);
  if (list == first_.end()) return;
  for (Subscription* each = list->second; each; each = each->next_) {
    each->latest_ = modseq;
    each->signal_->raise();
  }
}

void ChangeHub::publish_gone(MailboxId mailbox) {
  const auto list = first_.find(mailbox);
  if (list == first_.end()) return;
  for (Subscription* each = list->second; each; each = each->next_) {
    each->gone_ = true;
    each->signal_->raise();
  }
}

}  // namespace postroom
