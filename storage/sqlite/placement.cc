#include "storage/sqlite/placement.h"

#include "storage/sqlite/quota.h"

namespace postroom::sqlite {

namespace {

/// `query` updates the mailbox and gives back the columns.
std::optional<Place> placed(Query&& query) {
  if (!query.step()) return std::nullopt;
  Place place;
  place.mailbox = query.as<MailboxId>(0);
  place.uid = query.as<Uid>(1);
  place.modseq = query.as<ModSeq>(2);
  place.uid_validity = query.as<std::uint32_t>(3);
  place.account = query.as<AccountId>(4);
  place.limited = query.integer(5) != 0;
  return place;
}

}  // namespace

std::optional<Place> place_in(Connection& db, MailboxId mailbox, const Sum& sum,
                              const QuotaLimits& defaults) {
  return placed(Query(db,
                      "UPDATE mailbox SET uid_next = uid_next + ?2, highest_modseq = highest_modseq + 1,"
                      " messages = messages + ?2, unseen = unseen + ?3, deleted = deleted + ?4,"
                      " deleted_size = deleted_size + ?5, size = size + ?6 WHERE id = ?1"
                      " RETURNING id, uid_next - ?2, highest_modseq, uid_validity, account,"
                      " (SELECT coalesce(storage_limit, ?7) OR coalesce(message_limit, ?8)"
                      " FROM account WHERE id = mailbox.account)",
                      mailbox, sum.messages, sum.unseen, sum.deleted, sum.deleted_size, sum.size,
                      defaults.storage, defaults.messages));
}

std::optional<Place> place_in_inbox(Connection& db, AccountId account, std::uint64_t size,
                                    const QuotaLimits& defaults) {
  return placed(Query(db,
                      "UPDATE mailbox SET uid_next = uid_next + 1, highest_modseq = highest_modseq + 1,"
                      " messages = messages + 1, unseen = unseen + 1, size = size + ?2"
                      " WHERE account = ?1 AND name = 'INBOX'"
                      " RETURNING id, uid_next - 1, highest_modseq, uid_validity, account,"
                      " (SELECT coalesce(storage_limit, ?3) OR coalesce(message_limit, ?4)"
                      " FROM account WHERE id = mailbox.account)",
                      account, size, defaults.storage, defaults.messages));
}

bool over_quota(Connection& db, const Place& place, const QuotaLimits& defaults, const Sum& adds,
                const Sum& leaves) {
  if (!place.limited) return false;
  Quota quota = sqlite::quota(db, place.account, defaults);
  quota.storage -= leaves.size;
  quota.messages -= leaves.messages;
  if (adds.size <= leaves.size) quota.limits.storage = 0;
  if (adds.messages <= leaves.messages) quota.limits.messages = 0;
  return quota.exceeded();
}

void take_back(Connection& db, const Place& place, const Sum& sum) {
  execute(db,
          "UPDATE mailbox SET uid_next = uid_next - ?2, highest_modseq = highest_modseq - 1,"
          " messages = messages - ?2, unseen = unseen - ?3, deleted = deleted - ?4,"
          " deleted_size = deleted_size - ?5, size = size - ?6 WHERE id = ?1",
          place.mailbox, sum.messages, sum.unseen, sum.deleted, sum.deleted_size, sum.size);
}

}  // namespace postroom::sqlite
