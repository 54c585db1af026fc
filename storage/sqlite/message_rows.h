// New rows of the table message.
#pragma once

#include "storage/sqlite/placement.h"
#include "storage/sqlite/write.h"

namespace postroom::sqlite {

/// A message but for its place.
struct Message {
  ContentId content{};
  Flags flags;
  WallTime internal_date{};
  std::uint64_t size = 0;
  std::int64_t sent_date = 0;
  WallTime saved{};
  std::optional<std::int64_t> thread;
};

void insert_message(Connection& db, MailboxId mailbox, Uid uid, ModSeq modseq, const Message& message);

/// Puts a message there, the `number`th of its place. The reference to the content is counted by the caller.
void put(Write& write, const Place& place, Uid number, const MessageFacts& facts, Message message);

/// Bytes of a content that is partly staged.
std::uint64_t size_of(Connection& db, std::optional<ContentId> staged, std::string_view rest);

}  // namespace postroom::sqlite
