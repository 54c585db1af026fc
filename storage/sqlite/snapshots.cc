#include "storage/sqlite/snapshots.h"

#include <algorithm>

#include "storage/sqlite/accounts.h"
#include "storage/sqlite/mailboxes.h"
#include "storage/sqlite/messages.h"

namespace postroom::sqlite {

namespace {

// More flags at a time are no slower to read than the whole mailbox.
constexpr std::size_t kFlagsAtOnce = 10'000;

}  // namespace

/// UIDs are given without gaps, so what isn't there was expunged. Where not all of that is remembered, every
/// message is looked at.
Snapshots::Picture Snapshots::look(Connection& db, const MailboxStatus& status) {
  Picture picture;
  picture.modseq = status.highest_modseq;
  if (status.messages == 0) return picture;
  picture.uids = UidSet(1, status.uid_next - 1);
  picture.uids.remove(expunged_since(db, status.id, 0, status.highest_modseq));
  if (picture.uids.size() == status.messages) return picture;
  picture.uids = UidSet();
  Query all(db, "SELECT uid FROM message WHERE mailbox = ? ORDER BY uid", status.id);
  while (all.step()) picture.uids.add(all.as<Uid>(0));
  return picture;
}

/// Brings a picture up to date; false when too much changed to be worth it.
bool Snapshots::look_again(Connection& db, MailboxId mailbox, ModSeq until, Picture& picture) {
  if (picture.modseq > until) return false;  // the transaction is older than the picture
  if (picture.modseq == until) return true;
  const MailboxChanges changes = read_changes(db, mailbox, picture.modseq, kFlagsAtOnce);
  if (changes.more) return false;
  for (const FlagState& state : changes.changed)
    if ((state.flags.bits & Flags::seen) == 0)
      picture.all_seen_below = std::min(picture.all_seen_below, state.uid);
  picture.uids.add(changes.added);
  picture.uids.remove(changes.expunged);
  picture.modseq = until;
  return true;
}

void Snapshots::find_unseen(Connection& db, MailboxSnapshot& snapshot, Picture& picture) {
  static_assert(Flags::seen == 1);
  const MailboxStatus& status = snapshot.status;
  if (status.unseen > 0) {
    const auto uid = lookup(
        db, "SELECT uid FROM message WHERE mailbox = ? AND uid >= ? AND NOT flags & 1 ORDER BY uid LIMIT 1",
        status.id, picture.all_seen_below);
    if (uid) snapshot.first_unseen = static_cast<Uid>(*uid);
  }
  picture.all_seen_below = snapshot.first_unseen.value_or(status.uid_next);
}

std::optional<MailboxSnapshot> Snapshots::take(Connection& db, AccountId account, std::string_view name) {
  Transaction transaction(db, Transaction::Kind::read);
  const auto found = status(db, account, name);
  if (!found) return std::nullopt;
  MailboxSnapshot snapshot;
  snapshot.status = *found;
  read_attributes(db, account, name, snapshot);
  snapshot.keywords = keywords(db, account);
  Picture picture;
  const Shared before = find(found->id);
  if (before) picture = *before;
  if (!before || !look_again(db, found->id, found->highest_modseq, picture)) picture = look(db, *found);
  find_unseen(db, snapshot, picture);
  snapshot.uids = picture.uids;
  remember(found->id, std::move(picture));
  return snapshot;
}

Snapshots::Shared Snapshots::find(MailboxId mailbox) {
  const std::lock_guard lock(mutex_);
  const auto found = by_mailbox_.find(mailbox);
  if (found == by_mailbox_.end()) return nullptr;
  latest_.splice(latest_.begin(), latest_, found->second);
  return found->second->picture;
}

void Snapshots::remember(MailboxId mailbox, Picture picture) {
  const std::size_t more = picture.uids.runs().size();
  auto shared = std::make_shared<const Picture>(std::move(picture));
  const std::lock_guard lock(mutex_);
  const auto found = by_mailbox_.find(mailbox);
  if (found != by_mailbox_.end()) {
    // Another reader may have seen later changes.
    if (found->second->picture->modseq > shared->modseq) return;
    runs_ -= found->second->picture->uids.runs().size();
    latest_.erase(found->second);
  }
  latest_.push_front({mailbox, std::move(shared)});
  by_mailbox_[mailbox] = latest_.begin();
  runs_ += more;
  while (runs_ > kMostRuns || latest_.size() > kMostMailboxes) {
    runs_ -= latest_.back().picture->uids.runs().size();
    by_mailbox_.erase(latest_.back().mailbox);
    latest_.pop_back();
  }
}

}  // namespace postroom::sqlite
