// The special uses of mailboxes by their names (RFC 6154 2).
#pragma once

#include <optional>
#include <string_view>

#include "storage/types.h"

namespace postroom::imap {

/// "\Drafts"; empty for none.
std::string_view name_of(SpecialUse use);

/// By a name without its backslash, in any case, of those that a mailbox can be given: not All and Flagged,
/// which are views of other mailboxes.
std::optional<SpecialUse> find_special_use(std::string_view name);

}  // namespace postroom::imap
