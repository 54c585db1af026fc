// What an account may hold. Its own limits are in its row; where it has none, those of the configuration
// count.
#pragma once

#include "storage/sqlite/connection.h"

namespace postroom::sqlite {

/// As Store::quota(): nothing of all for an account that is gone. `defaults` are for accounts without limits
/// of their own. A short read: each mailbox keeps what it holds in its row.
Quota quota(Connection& db, AccountId account, const QuotaLimits& defaults);

}  // namespace postroom::sqlite
