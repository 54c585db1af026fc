#include "storage/sqlite/message_rows.h"

#include "storage/sqlite/contents.h"
#include "storage/sqlite/threads.h"

namespace postroom::sqlite {

void insert_message(Connection& db, MailboxId mailbox, Uid uid, ModSeq modseq, const Message& message) {
  std::optional<std::int64_t> saved;
  if (message.saved != message.internal_date) saved = message.saved.time_since_epoch().count();
  execute(db,
          "INSERT INTO message(mailbox, uid, flags, modseq, added, content, internal_date, size, sent_date,"
          " saved, thread) VALUES(?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
          mailbox, uid, message.flags.bits, modseq, message.content,
          message.internal_date.time_since_epoch().count(), message.size, message.sent_date, saved,
          message.thread);
}

void put(Write& write, const Place& place, Uid number, const MessageFacts& facts, Message message) {
  message.sent_date = facts.sent_date;
  message.thread = join_thread(write.db, place.account, facts);
  insert_message(write.db, place.mailbox, place.uid + number, place.modseq, message);
}

std::uint64_t size_of(Connection& db, std::optional<ContentId> staged, std::string_view rest) {
  return (staged ? staged_size(db, *staged) : 0) + rest.size();
}

}  // namespace postroom::sqlite
