// LSUB: RFC 3501 6.3.9.
#include <map>
#include <set>

#include "protocols/imap/mailbox_name.h"
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

/// What is found, by name: is it subscribed itself? With '%' at its end a pattern also finds the parents of
/// what lies deeper ("a" for "a/b").
std::map<std::string_view, bool> find(const std::vector<std::string>& subscriptions, const Pattern& pattern) {
  std::map<std::string_view, bool> found;
  for (const std::string& name : subscriptions) {
    if (pattern.matches(name)) found[name] = true;
    if (!pattern.ends_with_percent()) continue;
    for (std::string_view parent = parent_of(name); !parent.empty(); parent = parent_of(parent))
      if (pattern.matches(parent)) found.emplace(parent, false);
  }
  return found;
}

Task<Tagged> run(Session& session, Lsub lsub) {
  const Pattern pattern(lsub.reference, lsub.pattern);
  if (pattern.too_long()) co_return no(Code::limit, "no mailbox name is that long");
  const std::vector<std::string> subscriptions = co_await session.store().subscriptions(session.account);
  const std::vector<MailboxInfo> mailboxes = co_await session.store().mailboxes(session.account);
  std::set<std::string_view> existing;
  for (const MailboxInfo& mailbox : mailboxes) existing.insert(mailbox.name);
  const std::map<std::string_view, bool> found = find(subscriptions, pattern);
  for (const auto& [name, subscribed] : found) {
    const bool selectable = subscribed && existing.contains(name);
    session.wire.raw("* LSUB (").raw(selectable ? "" : "\\Noselect").raw(") \"/\" ").mailbox(name).crlf();
    co_await session.give_way();
  }
  co_return ok("LSUB completed");
}

}  // namespace

extern constinit const Command lsub_command = command<&parse, &run>("LSUB", kLoggedIn);

}  // namespace postroom::imap
