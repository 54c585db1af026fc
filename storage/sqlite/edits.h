// What changes messages. Each function does one slice of one request, in the caller's transaction, and tells
// the mailbox's new modseq to `write`. The counters of a mailbox change with its messages, in the same
// transaction.
#pragma once

#include "storage/sqlite/placement.h"
#include "storage/sqlite/write.h"
#include "storage/store.h"

namespace postroom::sqlite {

// `defaults`: the limits of accounts that have none of their own.

/// As Store::deliver(): `rest` is what was not staged.
Delivered deliver(Write& write, const Delivery& delivery, std::optional<ContentId> staged,
                  std::string_view rest, const MessageFacts& facts, WallTime now,
                  const QuotaLimits& defaults);
/// As Store::append_all(); `leaves` makes room in the same transaction.
std::optional<Appended> append_all(Write& write, MailboxId mailbox, const std::vector<NewMessage>& messages,
                                   WallTime now, const QuotaLimits& defaults, const Sum& leaves = Sum());

/// How far a slice came.
struct Progress {
  Progress() = default;
  bool done = true;
  Uid last = 0;  ///< what is up to here is done
};

/// As Store::store_flags(): adds to `stored`.
Progress store_flags(Write& write, MailboxId mailbox, const UidSet& uids, const FlagChange& change,
                     Slice& slice, FlagsStored& stored);

/// As Store::copy() and Store::move(): adds to `copied`. The target is there. When this slice is over quota,
/// what earlier ones copied is the caller's to remove.
Progress copy(Write& write, MailboxId from, const UidSet& uids, MailboxId to, WallTime now, Slice& slice,
              const QuotaLimits& defaults, Copied& copied);
Progress move(Write& write, MailboxId from, const UidSet& uids, MailboxId to, WallTime now, Slice& slice,
              const QuotaLimits& defaults, Copied& copied);

/// As Store::expunge(): adds to `expunged`. `now` decides when the contents go.
Progress expunge(Write& write, MailboxId mailbox, const UidSet& uids, bool deleted_only, WallTime now,
                 Slice& slice, Expunged& expunged);

/// As Store::replace(), with `message` as the only one.
Replaced replace(Write& write, MailboxId from, Uid uid, MailboxId to, const std::vector<NewMessage>& message,
                 WallTime now, const QuotaLimits& defaults);

/// Removes messages of doomed mailboxes, as far as the slice goes. False: none is left.
bool collect_doomed(Connection& db, Slice& slice);

}  // namespace postroom::sqlite
