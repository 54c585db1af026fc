// What an account may hold, as a client is told of it (RFC 9208). An account has one quota root, which all
// its mailboxes share, or none when nothing is limited.
#pragma once

#include "protocols/imap/session.h"

namespace postroom::imap {

/// The name of an account's quota root (RFC 9208 3.2).
inline constexpr std::string_view kQuotaRoot = "";

inline bool has_root(const Quota& quota) { return quota.limits.storage > 0 || quota.limits.messages > 0; }

/// * QUOTA (RFC 9208 4.2.1): the resources that are limited.
void tell_quota(Wire& wire, const Quota& quota);

/// For what would bring the account over its quota (RFC 9208 4.3.1).
Tagged over_quota();

}  // namespace postroom::imap
