// Facts of messages that came before they were kept: computed when first asked for, and kept then.
#pragma once

#include "protocols/imap/session.h"

namespace postroom::imap {

/// Completes rows that lack a preview or sort keys that `want` asks for. Those of messages that are gone stay
/// without.
Task<> complete_facts(Session& session, std::vector<MessageRow>& rows, std::uint32_t want);

}  // namespace postroom::imap
