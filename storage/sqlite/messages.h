// Messages as readers see them.
#pragma once

#include "storage/sqlite/connection.h"

namespace postroom::sqlite {

/// The rows of one mailbox whose UIDs are in a set, in UID order. Small gaps are stepped over, large ones
/// skipped.
class UidWalk {
 public:
  /// `sql` selects the uid first, from the rows with mailbox = ?1 AND uid BETWEEN ?2 AND ?3, in UID order;
  /// `more` are its further arguments. The set outlives the walk.
  template <class... More>
  UidWalk(Connection& db, Sql sql, MailboxId mailbox, const UidSet& uids, More... more)
      : query_(db, sql), mailbox_(mailbox), runs_(uids.runs()) {
    if (!runs_.empty()) query_.rebind(mailbox_, runs_.front().first, runs_.back().last, more...);
  }

  bool next();
  const Query& row() const { return query_; }
  Uid uid() const { return uid_; }

 private:
  Query query_;
  MailboxId mailbox_;
  const std::vector<UidSet::Run>& runs_;
  std::size_t run_ = 0;
  Uid uid_ = 0;
};

bool exists(Connection& db, MailboxId mailbox);
std::uint32_t uid_validity(Connection& db, MailboxId mailbox);
Uid uid_next(Connection& db, MailboxId mailbox);

/// As Store::fetch().
std::vector<MessageRow> fetch(Connection& db, MailboxId mailbox, const UidSet& uids, std::uint32_t want);

/// What is gone by the expunge records after `since` and up to `until`.
UidSet expunged_since(Connection& db, MailboxId mailbox, ModSeq since, ModSeq until);

/// As Store::changes_since(), within a transaction: not many more flags than `most`.
MailboxChanges read_changes(Connection& db, MailboxId mailbox, ModSeq since, std::size_t most);

/// Those of `uids` that have \Deleted.
UidSet deleted_among(Connection& db, MailboxId mailbox, const UidSet& uids);

}  // namespace postroom::sqlite
