// APPEND: RFC 3501 6.3.11; several messages at once: RFC 3502; APPENDUID: RFC 4315 3; UTF8: RFC 6855 4; with
// NUL: RFC 3516 4.4.
#include "protocols/imap/appending.h"
#include "protocols/imap/copying.h"
#include "protocols/imap/quota.h"
#include "protocols/imap/tell.h"

namespace postroom::imap {

namespace {

struct Append {
  Append() = default;
  MailboxName mailbox;
  Announcement first;
};

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

/// A message that is larger is not sent in vain: it is asked before it comes whether there is room for it.
constexpr std::uint64_t kLarge = 1 << 20;

/// As far as is known now.
Task<bool> has_room(Session& session, std::uint64_t size) {
  if (size <= kLarge) co_return true;
  const Quota quota = co_await session.store().quota(session.account);
  co_return size <= quota.room();
}

/// RFC 3502 6.3.11: all messages or none.
Task<Tagged> run(Session& session, Append append) {
  const std::optional<MailboxStatus> target =
      co_await session.store().status(session.account, append.mailbox.name);
  if (!target) co_return no_target(append.mailbox.name);
  Batch batch;
  std::uint64_t size = 0;
  std::optional<Announcement> next = std::move(append.first);
  while (next) {
    size += next->literal.size;
    const bool room = co_await has_room(session, size);
    if (!room) co_return over_quota();
    const std::optional<Tagged> refused = co_await take_message(session, next, batch);
    if (refused) co_return *refused;
  }
  const std::size_t count = batch.messages.size();
  const std::optional<Appended> appended =
      co_await session.store().append_all(target->id, std::move(batch.messages));
  if (!appended) co_return no_target(append.mailbox.name);
  if (appended->over_quota) co_return over_quota();
  tell_old_name(session, "", append.mailbox);
  co_return ok_with(appenduid(*appended, count), "APPEND completed");
}

}  // namespace

extern constinit const Command append_command =
    command<&parse, &run>("APPEND", kLoggedIn, {.streams = &streams, .capability = "MULTIAPPEND"});

}  // namespace postroom::imap
