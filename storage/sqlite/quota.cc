#include "storage/sqlite/quota.h"

namespace postroom::sqlite {

Quota quota(Connection& db, AccountId account, const QuotaLimits& defaults) {
  Quota quota;
  Query query(db,
              "SELECT coalesce(a.storage_limit, ?2), coalesce(a.message_limit, ?3), total(m.size),"
              " total(m.messages) FROM account a JOIN mailbox m ON m.account = a.id WHERE a.id = ?1",
              account, defaults.storage, defaults.messages);
  query.step();
  quota.limits.storage = query.as<std::uint64_t>(0);
  quota.limits.messages = query.as<std::uint64_t>(1);
  quota.storage = query.as<std::uint64_t>(2);
  quota.messages = query.as<std::uint64_t>(3);
  return quota;
}

}  // namespace postroom::sqlite
