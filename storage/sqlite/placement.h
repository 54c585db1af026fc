// Where messages are put: the UIDs and the modseq that their mailbox gives them, and its counters, which grow
// with them; within what the account may hold.
#pragma once

#include "storage/sqlite/connection.h"

namespace postroom::sqlite {

/// What messages mean to their mailbox's counters.
struct Sum {
  void add(Flags flags, std::uint64_t bytes) {
    ++messages;
    if ((flags.bits & Flags::seen) == 0) ++unseen;
    if ((flags.bits & Flags::deleted) != 0) {
      ++deleted;
      deleted_size += bytes;
    }
    size += bytes;
  }
  std::uint64_t messages = 0;
  std::uint64_t unseen = 0;
  std::uint64_t deleted = 0;
  std::uint64_t deleted_size = 0;
  std::uint64_t size = 0;
};

struct Place {
  MailboxId mailbox{};
  Uid uid = 0;  ///< of the first message; the others follow
  ModSeq modseq = 0;
  std::uint32_t uid_validity = 0;
  AccountId account{};
  bool limited = false;  ///< the account has a quota
};

// `defaults`: the limits of accounts that have none of their own.

/// Makes a place in a mailbox; nothing: the mailbox is gone.
std::optional<Place> place_in(Connection& db, MailboxId mailbox, const Sum& sum, const QuotaLimits& defaults);
/// For one message without flags.
std::optional<Place> place_in_inbox(Connection& db, AccountId account, std::uint64_t size,
                                    const QuotaLimits& defaults);

/// Is the account over its quota with `adds`, which got a place, and without what `leaves` in the same
/// transaction? What does not grow by it is no reason (RFC 8508 3). An account without a quota is not even
/// asked for.
bool over_quota(Connection& db, const Place& place, const QuotaLimits& defaults, const Sum& adds,
                const Sum& leaves = Sum());

/// Nothing is put there after all. A group of requests shares a transaction: it is not rolled back for that.
void take_back(Connection& db, const Place& place, const Sum& sum);

}  // namespace postroom::sqlite
