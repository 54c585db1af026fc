// LSUB: RFC 3501 6.3.9.
#include "protocols/imap/listing.h"
#include "protocols/imap/session.h"

namespace postroom::imap {

namespace {

struct Lsub {
  Lsub() = default;
  std::string reference;
  std::string pattern;
};

Lsub parse(Cursor& in) {
  Lsub lsub;
  in.sp();
  lsub.reference = in.list_mailbox();
  in.sp();
  lsub.pattern = in.list_mailbox();
  return lsub;
}

/// With '%' at its end a pattern also finds the parents of what lies deeper ("a" for "a/b").
Task<Tagged> run(Session& session, Lsub lsub) {
  std::vector<Pattern> patterns;
  patterns.emplace_back(lsub.reference, lsub.pattern);
  if (patterns.front().too_long()) co_return no(Code::limit, "no mailbox name is that long");
  const std::vector<std::string> subscriptions = co_await session.store().subscriptions(session.account);
  const std::vector<MailboxInfo> mailboxes = co_await session.store().mailboxes(session.account);
  const Choice choice{.subscribed = true, .recursive = patterns.front().ends_with_percent()};
  auto find = [&] { return find_listed(mailboxes, subscriptions, patterns, choice); };
  const std::vector<Listed> found = co_await perform(session.runtime(), Lane::compute, find);
  for (const Listed& listed : found) {
    const bool selectable = listed.subscribed && listed.mailbox;
    session.wire.raw("* LSUB (")
        .raw(selectable ? "" : "\\Noselect")
        .raw(") \"/\" ")
        .mailbox(listed.name)
        .crlf();
    co_await session.give_way();
  }
  co_return ok("LSUB completed");
}

}  // namespace

extern constinit const Command lsub_command = command<&parse, &run>("LSUB", kLoggedIn);

}  // namespace postroom::imap
