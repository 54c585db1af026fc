// SqliteStore: MTA-STS policies.
#include "storage/sqlite/store_implementation.h"
#include "storage/sqlite/sts.h"

namespace postroom::sqlite {

Task<std::optional<KeptStsPolicy>> StoreImplementation::sts_policy(std::string domain) {
  const WallTime now = runtime_.wall_now();
  auto job = [&](Connection& db) { return sqlite::sts_policy(db, domain, now); };
  co_return co_await readers_.run(job);
}

Task<> StoreImplementation::keep_sts_policy(KeptStsPolicy policy) {
  const WallTime now = runtime_.wall_now();
  auto job = [&](Write& write) { sqlite::keep_sts_policy(write.db, policy, kMost, now); };
  co_await writer_.run(policy.text.size(), Writer::Kind::small, job);
}

}  // namespace postroom::sqlite
