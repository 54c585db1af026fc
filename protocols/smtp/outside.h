// Recipients on other servers. Pure.
#pragma once

#include <optional>
#include <string>

#include "protocols/smtp/cursor.h"

namespace postroom::smtp {

/// The address as the queue holds it: the domain in its one spelling (mime::canonical_domain), so that the
/// same recipient is the same text; the local part as it is, since only its own server knows what it means
/// (RFC 5321 2.4). Nothing when no mail can be sent to that domain: it is neither fully qualified (RFC 6409
/// 4.2) nor the literal of an IP address (RFC 5321 4.1.3).
std::optional<std::string> outside_address(Path recipient);

}  // namespace postroom::smtp
