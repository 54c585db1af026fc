// Replacing a message: append_all() and expunge() in one transaction.
#include "storage/sqlite/edits.h"
#include "storage/sqlite/messages.h"

namespace postroom::sqlite {

Replaced replace(Write& write, MailboxId from, Uid uid, MailboxId to, const std::vector<NewMessage>& message,
                 WallTime now, const QuotaLimits& defaults) {
  Replaced replaced;
  const auto old = lookup(write.db, "SELECT size FROM message WHERE mailbox = ? AND uid = ?", from, uid);
  if (!old || !exists(write.db, from)) return replaced;
  replaced.outcome = Replaced::Outcome::no_mailbox;
  Sum leaves;
  leaves.add(Flags(), static_cast<std::uint64_t>(*old));
  const auto added = append_all(write, to, message, now, defaults, leaves);
  if (!added) return replaced;
  replaced.outcome = added->over_quota ? Replaced::Outcome::over_quota : Replaced::Outcome::yes;
  if (added->over_quota) return replaced;
  replaced.added = *added;
  Expunged expunged;
  Slice slice{SliceLimit()};
  expunge(write, from, UidSet(uid, uid), false, now, slice, expunged);
  return replaced;
}

}  // namespace postroom::sqlite
