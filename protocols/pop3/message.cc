// The part of a Session that sends messages, in constant memory.
#include "protocols/pop3/multiline.h"
#include "protocols/pop3/session.h"

namespace postroom::pop3 {

namespace {
constexpr std::size_t kPiece = 256 << 10;
}

Task<std::optional<MessageRow>> Session::message(std::uint64_t number) {
  const std::optional<Uid> uid = maildrop->uid(number);
  std::optional<MessageRow> found;
  if (!uid) co_return found;
  UidSet only(*uid, *uid);
  std::vector<MessageRow> rows = co_await service.store.fetch(maildrop->id(), std::move(only), 0);
  if (!rows.empty()) found = std::move(rows.front());
  co_return found;
}

Task<Reply> Session::send_message(std::uint64_t number, std::optional<std::uint64_t> body_lines) {
  const std::optional<MessageRow> row = co_await message(number);
  if (!row) co_return no_such_message();
  std::string piece = co_await service.store.read(row->content, 0, kPiece);
  if (piece.empty() && row->size > 0) co_return no_such_message();
  begin_lines(std::to_string(row->size) + " octets");

  DotStuffer stuffer;
  TopFilter top(body_lines.value_or(0));
  std::string out;
  std::uint64_t offset = 0;
  while (!piece.empty()) {
    offset += piece.size();
    const std::size_t length = body_lines ? top.pass(piece) : piece.size();
    out.clear();
    stuffer.append(std::string_view(piece).substr(0, length), out);
    co_await put_lines(out);
    if (offset >= row->size || top.done()) break;
    piece = co_await service.store.read(row->content, offset, kPiece);
    // Half a message must not look like a whole one.
    if (piece.empty())
      throw ConnectionEnded(ConnectionEnded::Reason::failed, "message removed while it was sent");
  }
  out.clear();
  stuffer.finish(out);
  co_await put_lines(out);
  end_lines();
  co_return Reply::said();
}

}  // namespace postroom::pop3
