// Threads, as far as they have to be written down.
#include "storage/sqlite/threads.h"

#include <algorithm>

namespace postroom::sqlite {

namespace {

/// Replies remembered for each account: 2 MB at most.
constexpr std::uint64_t kSlots = 65'536;
/// Of a message's references as many are looked up, the nearest first.
constexpr std::size_t kLookedUp = 8;

std::uint64_t slot_of(std::uint64_t message_id) { return message_id % kSlots; }

std::optional<std::int64_t> thread_of(Connection& db, AccountId account, std::uint64_t message_id) {
  return lookup(db, "SELECT thread FROM thread WHERE account = ? AND slot = ? AND message_id = ?", account,
                slot_of(message_id), message_id);
}

}  // namespace

std::optional<std::int64_t> join_thread(Connection& db, AccountId account, const MessageFacts& facts) {
  const auto& references = facts.references;
  if (references.empty()) return std::nullopt;
  std::optional<std::int64_t> known;
  const std::size_t most = std::min(references.size(), kLookedUp);
  for (std::size_t i = 0; !known && i < most; ++i)
    known = thread_of(db, account, references[references.size() - 1 - i]);
  const auto own = static_cast<std::int64_t>(references.front());
  const std::int64_t thread = known.value_or(own);
  if (facts.message_id != 0)
    execute(db, "INSERT OR REPLACE INTO thread(account, slot, message_id, thread) VALUES(?, ?, ?, ?)",
            account, slot_of(facts.message_id), facts.message_id, thread);
  if (thread == own) return std::nullopt;
  return thread;
}

}  // namespace postroom::sqlite
