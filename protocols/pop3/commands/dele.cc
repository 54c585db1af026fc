// DELE, RFC 1939 5: marks a message; QUIT removes it.
#include "protocols/pop3/session.h"

namespace postroom::pop3 {
namespace {

Task<Reply> run(Session& session, std::uint64_t number) {
  const std::optional<MessageRow> row = co_await session.message(number);
  if (!row) co_return session.no_such_message();
  session.maildrop->mark_deleted(row->uid, row->size);
  co_return Reply::ok("Message " + std::to_string(number) + " will be deleted");
}

}  // namespace

extern constinit const Command dele_command =
    command<&parse_message_number, &run>("DELE", State::transaction);

}  // namespace postroom::pop3
