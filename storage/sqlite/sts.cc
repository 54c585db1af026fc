// MTA-STS policies in SQL.
#include "storage/sqlite/sts.h"

#include "storage/sqlite/unix_time.h"

namespace postroom::sqlite {

namespace {

/// Rows that are removed at a time.
constexpr std::int64_t kAtOnce = 100;

}  // namespace

std::optional<KeptStsPolicy> sts_policy(Connection& db, const std::string& domain, WallTime now) {
  Query row(db, "SELECT id, text, fetched, until FROM sts_policy WHERE domain = ? AND until > ?", domain,
            seconds(now));
  if (!row.step()) return std::nullopt;
  KeptStsPolicy policy;
  policy.domain = domain;
  policy.id = row.text(0);
  policy.text = row.text(1);
  policy.fetched = time_of(row.integer(2));
  policy.until = time_of(row.integer(3));
  return policy;
}

void keep_sts_policy(Connection& db, const KeptStsPolicy& policy, std::size_t most, WallTime now) {
  execute(db, "DELETE FROM sts_policy WHERE rowid IN (SELECT rowid FROM sts_policy WHERE until <= ? LIMIT ?)",
          seconds(now), kAtOnce);
  execute(db, "INSERT OR REPLACE INTO sts_policy(domain, id, text, fetched, until) VALUES(?, ?, ?, ?, ?)",
          policy.domain, policy.id, policy.text, seconds(policy.fetched), seconds(policy.until));
  const std::int64_t count = lookup(db, "SELECT count(*) FROM sts_policy").value_or(0);
  const std::int64_t more = count - static_cast<std::int64_t>(most);
  if (more > 0)
    execute(db,
            "DELETE FROM sts_policy WHERE rowid IN"
            " (SELECT rowid FROM sts_policy WHERE domain <> ? ORDER BY until LIMIT ?)",
            policy.domain, more);
}

}  // namespace postroom::sqlite
