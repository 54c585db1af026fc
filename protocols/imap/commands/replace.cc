// REPLACE, UID REPLACE: RFC 8508. The dispatcher tells what is gone and what is new, after the APPENDUID told
// here (RFC 8508 4.3).
#include "protocols/imap/appending.h"
#include "protocols/imap/copying.h"
#include "protocols/imap/quota.h"
#include "protocols/imap/tell.h"

namespace postroom::imap {

namespace {

struct Replace {
  Replace() = default;
  Numbers numbers = Numbers::sequence;
  SequenceSet old;
  MailboxName mailbox;
  Announcement message;
};

Replace parse(Cursor& in) {
  Replace replace;
  replace.numbers = in.numbers();
  in.sp();
  replace.old = in.one_number();
  in.sp();
  replace.mailbox = in.mailbox();
  replace.message = parse_announcement(in);
  return replace;
}

bool streams(Cursor in) {
  parse(in);
  in.end();
  return !in.error();
}

Tagged no_such_message() { return no(Code::nonexistent, "the message to be replaced is gone"); }

/// The new message alone (RFC 8508 4.7); or why not.
Task<std::optional<Tagged>> take_one(Session& session, Announcement announced, Batch& batch) {
  std::optional<Announcement> next = std::move(announced);
  const std::optional<Tagged> refused = co_await take_message(session, next, batch);
  if (refused) co_return refused;
  if (next) co_return bad("one message replaces another");
  co_return std::nullopt;
}

Task<Tagged> run(Session& session, Replace replace) {
  const View& view = *session.view;
  const std::optional<UidSet> old = view.resolve(replace.old, replace.numbers);
  if (!old) co_return bad("no such message");
  if (view.read_only()) co_return no(Code::read_only, "the mailbox is open for reading only");
  if (old->empty()) co_return no_such_message();
  const std::optional<MailboxStatus> target =
      co_await session.store().status(session.account, replace.mailbox.name);
  if (!target) co_return no_target(replace.mailbox.name);
  Batch batch;
  const std::optional<Tagged> refused = co_await take_one(session, std::move(replace.message), batch);
  if (refused) co_return *refused;
  NewMessage message = std::move(batch.messages.front());
  const Replaced replaced =
      co_await session.store().replace(view.mailbox(), old->last(), target->id, std::move(message));
  if (replaced.outcome == Replaced::Outcome::no_mailbox) co_return no_target(replace.mailbox.name);
  if (replaced.outcome == Replaced::Outcome::no_message) co_return no_such_message();
  if (replaced.outcome == Replaced::Outcome::over_quota) co_return over_quota();
  tell_old_name(session, "", replace.mailbox);
  session.wire.untagged_ok(appenduid(replaced.added, 1), "the new message");
  session.owes_modseq = true;  // of the expunge, as after UID EXPUNGE (RFC 8508 4.5, RFC 7162 3.2.9)
  co_return ok("REPLACE completed");
}

}  // namespace

extern constinit const Command replace_command = command<&parse, &run>(
    "REPLACE", State::selected, {.has_uid_form = true, .streams = &streams, .capability = "REPLACE"});

}  // namespace postroom::imap
