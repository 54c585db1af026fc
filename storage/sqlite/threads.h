// The table thread: which thread a message belongs to (RFC 8474 5.2).
//
// A thread is called after the message ID of its first message, which its replies name first in their
// References: so most messages say themselves what thread they are of, and nothing need be written for them.
// Replies are remembered for a while, because not all that answer them name the first message.
#pragma once

#include "storage/sqlite/connection.h"

namespace postroom::sqlite {

/// The thread of a message that comes into an account, and remembers it. Nothing: its own first reference, or
/// itself, as MessageRow::thread says.
std::optional<std::int64_t> join_thread(Connection& db, AccountId account, const MessageFacts& facts);

}  // namespace postroom::sqlite
