// Messages on their way in: see appending.h.
#include "protocols/imap/appending.h"

#include "protocols/imap/flag_names.h"
#include "protocols/reencode.h"

namespace postroom::imap {

namespace {

/// One transaction makes them all appear: it must not be a long one.
constexpr std::size_t kMostMessages = 500;
/// Bytes of messages that have come whole and wait in memory for the others.
constexpr std::size_t kMostWaiting = 1 << 20;

/// Neither BODY[] nor POP3 could give out NUL as it is (RFC 3516 4.4). All else is kept as it came.
constexpr ContentForm kWithoutNul{.beyond_ascii = true, .long_lines = true, .bare_line_ends = true};

std::size_t in_memory(const NewMessage& message) {
  return message.spool->held().size() + message.facts.size();
}

/// Looks for 8-bit characters in a message's header (RFC 6855 4).
class HeaderWatch {
 public:
  /// True from the first one on.
  bool meets_8bit(std::string_view piece) {
    for (const char c : piece) {
      if (ended_ || found_) break;
      found_ = c < 0;
      ended_ = c == '\n' && empty_line_;
      empty_line_ = c == '\n' || (c == '\r' && empty_line_);
    }
    return found_;
  }

 private:
  bool found_ = false;
  bool ended_ = false;
  bool empty_line_ = true;  // so far
};

/// A message on its way.
struct Taken {
  Taken() = default;
  std::unique_ptr<Intake> intake;
  MessageFacts facts;
  bool has_nul = false;
};

/// All its bytes; or why not. No literal may hold NUL (RFC 3501 9 CHAR8), but a literal8.
Task<std::optional<Tagged>> take_in(Session& session, bool binary, Taken& taken) {
  HeaderWatch header;
  for (;;) {
    const std::string_view piece = co_await session.read_literal();
    if (piece.empty()) co_return std::nullopt;
    taken.has_nul = taken.has_nul || piece.find('\0') != std::string_view::npos;
    if (taken.has_nul && !binary) co_return no(Code::cannot, "a message cannot hold NUL");
    if (!session.utf8() && header.meets_8bit(piece))
      co_return no("8-bit characters in the header need ENABLE UTF8=ACCEPT");
    co_await taken.intake->append(piece);
  }
}

/// The message whose literal has begun; or why it is refused.
Task<std::optional<Tagged>> take(Session& session, bool binary, Taken& taken) {
  taken.intake = std::make_unique<Intake>(session.runtime(), session.store());
  const std::optional<Tagged> refused = co_await take_in(session, binary, taken);
  if (refused) co_return refused;
  taken.facts = co_await taken.intake->finish();
  if (!taken.has_nul) co_return std::nullopt;
  auto encoded = std::make_unique<Intake>(session.runtime(), session.store());
  const bool possible = co_await reencode(session.runtime(), session.store(), *taken.intake, taken.facts,
                                          kWithoutNul, *encoded);
  if (!possible) co_return no(Code::unknown_cte, "NUL where no encoding is possible");
  taken.intake = std::move(encoded);
  taken.facts = co_await taken.intake->finish();
  co_return std::nullopt;
}

/// Before another one comes: however many and large they are, little of them waits in memory.
Task<> make_room(Session& session, Batch& batch) {
  if (batch.waiting <= kMostWaiting) co_return;
  NewMessage& last = batch.messages.back();
  batch.waiting -= in_memory(last);
  MessageFacts facts = std::exchange(last.facts, MessageFacts());
  last.facts.sent_date = facts.sent_date;
  last.facts.message_id = facts.message_id;
  last.facts.references = facts.references;
  co_await session.store().settle(*last.spool, std::move(facts));
}

Task<std::optional<Tagged>> take_one(Session& session, Announcement announced, Batch& batch) {
  if (announced.literal.size > session.options.message_size) co_return no(Code::too_big, "message too large");
  if (announced.literal.size == 0) co_return no("there is no message");
  if (batch.messages.size() == kMostMessages) co_return no(Code::limit, "too many messages at once");
  const std::optional<Flags> flags = co_await find_flags(session, std::move(announced.flags));
  if (!flags) co_return too_many_keywords();

  co_await session.begin_literal(announced.literal);
  Taken taken;
  const std::optional<Tagged> refused = co_await take(session, announced.literal.binary, taken);
  if (refused) co_return refused;

  NewMessage& message = batch.messages.emplace_back();
  message.spool = &taken.intake->spool();
  message.facts = std::move(taken.facts);
  message.flags = *flags;
  message.internal_date = announced.date.value_or(session.runtime().wall_now());
  batch.intakes.push_back(std::move(taken.intake));
  batch.waiting += in_memory(message);
  co_return std::nullopt;
}

}  // namespace

Announcement parse_announcement(Cursor& in) {
  Announcement message;
  in.sp();
  if (in.peek() == '(') {
    message.flags = in.flag_list();
    in.sp();
  }
  if (in.peek() == '"') {
    message.date = in.date_time();
    in.sp();
  }
  message.utf8 = in.take("UTF8 (~");
  message.literal = in.streamed_literal();
  message.literal.binary |= message.utf8;
  return message;
}

Task<std::optional<Tagged>> take_message(Session& session, std::optional<Announcement>& next, Batch& batch) {
  const bool closes = next->utf8;
  const std::optional<Tagged> refused = co_await take_one(session, std::move(*next), batch);
  if (refused) co_return refused;
  next.reset();
  const Framer::Event event = co_await session.hear_rest();
  if (event == Framer::Event::too_long) co_return bad(Code::too_big, "command too long");
  Cursor in = session.cursor();
  if (closes) in.need(")");
  if (!in.error() && in.at_end()) co_return std::nullopt;
  next = parse_announcement(in);
  in.end();
  if (in.error()) co_return bad(syntax_error(in).text + " after the message");
  co_await make_room(session, batch);
  co_return std::nullopt;
}

std::string appenduid(const Appended& appended, std::size_t count) {
  const UidSet uids(appended.uid, appended.uid + static_cast<Uid>(count) - 1);
  return "APPENDUID " + std::to_string(appended.uid_validity) + " " + format_set(uids);
}

}  // namespace postroom::imap
