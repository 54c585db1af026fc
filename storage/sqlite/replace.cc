// Replacing a message: append_all() and expunge() in one transaction.
#include "storage/sqlite/edits.h"
#include "storage/sqlite/messages.h"

namespace postroom::sqlite {

Replaced replace(Write& write, MailboxId from, Uid uid, MailboxId to, const std::vector<NewMessage>& message,
                 WallTime now) {
  Replaced replaced;
  const auto old = lookup(write.db, "SELECT 1 FROM message WHERE mailbox = ? AND uid = ?", from, uid);
  if (!old || !exists(write.db, from)) return replaced;
  replaced.outcome = Replaced::Outcome::no_mailbox;
  const auto added = append_all(write, to, message, now);
  if (!added) return replaced;
  replaced.outcome = Replaced::Outcome::yes;
  replaced.added = *added;
  Expunged expunged;
  Slice slice{SliceLimit()};
  expunge(write, from, UidSet(uid, uid), false, now, slice, expunged);
  return replaced;
}

}  // namespace postroom::sqlite
