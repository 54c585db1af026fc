// LIST, RFC 1939 5: the size of one message, or of all.
#include "protocols/pop3/session.h"

namespace postroom::pop3 {
namespace {

std::string listing(std::uint64_t number, const MessageRow& row) {
  return std::to_string(number) + " " + std::to_string(row.size);
}

Task<Reply> list_all(Session& session) {
  const Maildrop& maildrop = *session.maildrop;
  session.begin_lines(messages(maildrop.count()) + " (" + std::to_string(maildrop.octets()) + " octets)");
  UidSet left = maildrop.present();
  while (!left.empty()) {
    const std::vector<MessageRow> rows = co_await session.service.store.fetch(maildrop.id(), left, 0);
    if (rows.empty()) break;
    std::string lines;
    for (const MessageRow& row : rows) lines += listing(maildrop.number(row.uid), row) + "\r\n";
    co_await session.put_lines(lines);
    left = left.after(rows.back().uid);
  }
  session.end_lines();
  co_return Reply::said();
}

Task<Reply> run(Session& session, std::optional<std::uint64_t> number) {
  if (!number) {
    co_return co_await list_all(session);
  }
  const std::optional<MessageRow> row = co_await session.message(*number);
  if (!row) co_return session.no_such_message();
  co_return Reply::ok(listing(*number, *row));
}

}  // namespace

extern constinit const Command list_command =
    command<&parse_message_or_all, &run>("LIST", State::transaction);

}  // namespace postroom::pop3
