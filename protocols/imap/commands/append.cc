// APPEND: RFC 3501 6.3.11; several messages at once: RFC 3502; APPENDUID: RFC 4315 3; UTF8: RFC 6855 4. A
// message goes from the connection into the store as it comes: its bytes as they are, line ends too, since
// clients compare what they get back with what they gave.
#include "protocols/imap/copying.h"
#include "protocols/imap/flag_names.h"
#include "protocols/imap/tell.h"
#include "protocols/intake.h"

namespace postroom::imap {

namespace {

/// One transaction makes them all appear: it must not be a long one.
constexpr std::size_t kMostMessages = 500;
/// Bytes of messages that have come whole and wait in memory for the others.
constexpr std::size_t kMostWaiting = 1 << 20;

/// append-message of RFC 3502.
struct Announcement {
  Announcement() = default;
  FlagNames flags;
  std::optional<WallTime> date;
  bool utf8 = false;  ///< a parenthesis closes after the literal
  Announced literal;
};

struct Append {
  Append() = default;
  MailboxName mailbox;
  Announcement first;
};

/// What has come of the messages so far.
struct Batch {
  Batch() = default;
  std::vector<std::unique_ptr<Intake>> intakes;
  std::vector<NewMessage> messages;
  std::size_t waiting = 0;  // bytes in memory
};

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
  return message;
}

Append parse(Cursor& in) {
  Append append;
  in.sp();
  append.mailbox = in.mailbox();
  append.first = parse_announcement(in);
  return append;
}

/// A mailbox name may be a literal too; only what ends the arguments is the message.
bool streams(Cursor in) {
  parse(in);
  in.end();
  return !in.error();
}

std::size_t in_memory(const NewMessage& message) {
  const MessageFacts& facts = message.facts;
  return message.spool->held().size() + facts.envelope.size() + facts.body.size() +
         facts.body_structure.size() + facts.parts.size();
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

/// All of it; or why not.
Task<std::optional<Tagged>> take_in(Session& session, Intake& intake) {
  HeaderWatch header;
  for (;;) {
    const std::string_view piece = co_await session.read_literal();
    if (piece.empty()) co_return std::nullopt;
    // No literal may (RFC 3501 9 CHAR8), and none of our answers could.
    if (piece.find('\0') != std::string_view::npos) co_return no(Code::cannot, "a message cannot hold NUL");
    if (!session.utf8() && header.meets_8bit(piece))
      co_return no("8-bit characters in the header need ENABLE UTF8=ACCEPT");
    co_await intake.append(piece);
  }
}

/// Adds the message to the batch; or why not.
Task<std::optional<Tagged>> take_message(Session& session, Announcement announced, Batch& batch) {
  if (announced.literal.size > session.options.message_size) co_return no(Code::too_big, "message too large");
  if (announced.literal.size == 0) co_return no("there is no message");
  if (batch.messages.size() == kMostMessages) co_return no(Code::limit, "too many messages at once");
  const std::optional<Flags> flags = co_await find_flags(session, std::move(announced.flags));
  if (!flags) co_return too_many_keywords();

  co_await session.begin_literal(announced.literal);
  batch.intakes.push_back(std::make_unique<Intake>(session.runtime(), session.store()));
  Intake& intake = *batch.intakes.back();
  const std::optional<Tagged> refused = co_await take_in(session, intake);
  if (refused) co_return refused;
  MessageFacts facts = co_await intake.finish();

  NewMessage& message = batch.messages.emplace_back();
  message.spool = &intake.spool();
  message.facts = std::move(facts);
  message.flags = *flags;
  message.internal_date = announced.date.value_or(session.runtime().wall_now());
  batch.waiting += in_memory(message);
  co_return std::nullopt;
}

/// Before another message comes: however many and large they are, little of them waits in memory.
Task<> make_room(Session& session, Batch& batch) {
  if (batch.waiting <= kMostWaiting) co_return;
  NewMessage& last = batch.messages.back();
  batch.waiting -= in_memory(last);
  MessageFacts facts = std::exchange(last.facts, MessageFacts());
  last.facts.sent_date = facts.sent_date;
  co_await session.store().settle(*last.spool, std::move(facts));
}

/// All messages, the first having been announced by the command's own text; or why not.
Task<std::optional<Tagged>> take_messages(Session& session, Announcement announced, Batch& batch) {
  for (;;) {
    const bool closes = announced.utf8;
    const std::optional<Tagged> refused = co_await take_message(session, std::move(announced), batch);
    if (refused) co_return refused;
    const Framer::Event event = co_await session.hear_rest();
    if (event == Framer::Event::too_long) co_return bad(Code::too_big, "command too long");
    Cursor in = session.cursor();
    if (closes) in.need(")");
    if (!in.error() && in.at_end()) co_return std::nullopt;
    announced = parse_announcement(in);
    in.end();
    if (in.error()) co_return bad(syntax_error(in).text + " after the message");
    co_await make_room(session, batch);
  }
}

/// RFC 3502 6.3.11: all messages or none.
Task<Tagged> run(Session& session, Append append) {
  const std::optional<MailboxStatus> target =
      co_await session.store().status(session.account, append.mailbox.name);
  if (!target) co_return no_target(append.mailbox.name);
  Batch batch;
  const std::optional<Tagged> refused = co_await take_messages(session, std::move(append.first), batch);
  if (refused) co_return *refused;
  const std::size_t count = batch.messages.size();
  const std::optional<Appended> appended =
      co_await session.store().append_all(target->id, std::move(batch.messages));
  if (!appended) co_return no_target(append.mailbox.name);
  tell_old_name(session, "", append.mailbox);
  const UidSet uids(appended->uid, appended->uid + static_cast<Uid>(count) - 1);
  co_return ok_with("APPENDUID " + std::to_string(appended->uid_validity) + " " + format_set(uids),
                    "APPEND completed");
}

}  // namespace

extern constinit const Command append_command =
    command<&parse, &run>("APPEND", kLoggedIn, {.streams = &streams, .capability = "MULTIAPPEND"});

}  // namespace postroom::imap
