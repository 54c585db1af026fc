// From flags as a client names them to flags as the store has them: what APPEND and STORE have in common.
#pragma once

#include "protocols/imap/session.h"

namespace postroom::imap {

/// Registers new keywords; nothing when there would be too many. The client is told of new ones.
Task<std::optional<Flags>> find_flags(Session& session, FlagNames names);

/// RFC 5530 3 LIMIT.
Tagged too_many_keywords();

}  // namespace postroom::imap
