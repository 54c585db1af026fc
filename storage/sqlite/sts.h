// The table sts_policy.
#pragma once

#include "storage/sqlite/connection.h"
#include "storage/sts.h"

namespace postroom::sqlite {

/// As StsPolicyStore::sts_policy().
std::optional<KeptStsPolicy> sts_policy(Connection& db, const std::string& domain, WallTime now);
/// As StsPolicyStore::keep_sts_policy(), with `most` for kMost.
void keep_sts_policy(Connection& db, const KeptStsPolicy& policy, std::size_t most, WallTime now);

}  // namespace postroom::sqlite
