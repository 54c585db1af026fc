// The Sender Rewriting Scheme: mail that is forwarded leaves under an address of ours, because SPF (RFC 7208)
// lets only the sender's own servers use the sender's. What cannot be delivered comes back to that address,
// and the address itself says whose it was. As libsrs2 and its kin have it: SRS0=hash=day=domain=local@ours,
// and for what another forwarder rewrote before, SRS1=hash=forwarder==…@ours. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/runtime.h"

namespace postroom::smtp {

/// The reverse-path (without angle brackets) under which mail from `reverse_path` is forwarded. It stays as
/// it is where there is nothing to rewrite: the null reverse-path, an address of `our_domain`, what is no
/// address, and one so long that no server would take it rewritten.
std::string srs_forward(std::string_view reverse_path, std::string_view our_domain, std::string_view secret,
                        WallTime now);

/// Whom mail to `address`, made by srs_forward() with the same secret, is for. Letters may have changed their
/// case on the way. Nothing when it is not ours, or older than 21 days. Which domain it is in is the caller's
/// to check.
std::optional<std::string> srs_reverse(std::string_view address, std::string_view secret, WallTime now);

}  // namespace postroom::smtp
