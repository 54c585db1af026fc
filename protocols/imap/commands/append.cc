// APPEND: RFC 3501 6.3.11; APPENDUID: RFC 4315 3. The message goes from the connection into the store as it
// comes: its bytes as they are, line ends too, since clients compare what they get back with what they gave.
#include "protocols/imap/flag_names.h"
#include "protocols/imap/session.h"
#include "protocols/mime/intake.h"

namespace postroom::imap {

namespace {

struct Append {
  Append() = default;
  std::string mailbox;
  FlagNames flags;
  std::optional<WallTime> date;
  Announced literal;
};

Append parse(Cursor& in) {
  Append append;
  in.sp();
  append.mailbox = in.mailbox();
  in.sp();
  if (in.peek() == '(') {
    append.flags = in.flag_list();
    in.sp();
  }
  if (in.peek() == '"') {
    append.date = in.date_time();
    in.sp();
  }
  append.literal = in.streamed_literal();
  return append;
}

/// A mailbox name may be a literal too; only what ends the arguments is the message.
bool streams(Cursor in) {
  parse(in);
  in.end();
  return !in.error();
}

/// False if it holds a NUL, which no literal may (RFC 3501 9 CHAR8) and none of our answers could.
Task<bool> take_in(Session& session, mime::Intake& intake) {
  for (;;) {
    const std::string_view piece = co_await session.read_literal();
    if (piece.empty()) co_return true;
    if (piece.find('\0') != std::string_view::npos) co_return false;
    co_await intake.append(piece);
  }
}

Tagged no_such_mailbox() { return no(Code::try_create, "no such mailbox"); }

Task<Tagged> run(Session& session, Append append) {
  if (append.literal.size > session.options.message_size) co_return no(Code::too_big, "message too large");
  if (append.literal.size == 0) co_return no("there is no message");
  const std::optional<MailboxStatus> target =
      co_await session.store().status(session.account, append.mailbox);
  if (!target) co_return no_such_mailbox();
  const std::optional<Flags> flags = co_await find_flags(session, std::move(append.flags));
  if (!flags) co_return too_many_keywords();

  co_await session.begin_literal(append.literal);
  mime::Intake intake(session.runtime(), session.store());
  const bool clean = co_await take_in(session, intake);
  if (!clean) co_return no(Code::cannot, "a message cannot hold NUL");
  const bool ends = co_await session.command_ends();
  if (!ends) co_return bad("expected the end of the command after the message");

  MessageFacts facts = co_await intake.finish();
  const WallTime date = append.date.value_or(session.runtime().wall_now());
  const std::optional<Appended> appended =
      co_await session.store().append(target->id, intake.spool(), std::move(facts), *flags, date);
  if (!appended) co_return no_such_mailbox();
  co_return ok_with(
      "APPENDUID " + std::to_string(appended->uid_validity) + " " + std::to_string(appended->uid),
      "APPEND completed");
}

}  // namespace

extern constinit const Command append_command =
    command<&parse, &run>("APPEND", kLoggedIn, {.streams = &streams});

}  // namespace postroom::imap
