// LSUB: RFC 3501 6.3.9.
#include <algorithm>
#include <unordered_set>

#include "protocols/imap/beside.h"
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

struct Found {
  std::string_view name;
  bool subscribed;  // itself; else a parent of one that is
};

std::size_t common_beginning(std::string_view a, std::string_view b) {
  const auto end = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first;
  return static_cast<std::size_t>(end - a.begin());
}

/// What is found, by name, each once. With '%' at its end a pattern also finds the parents of what lies
/// deeper ("a" for "a/b").
Task<std::vector<Found>> find(Session& session, const std::vector<std::string>& subscriptions,
                              const Pattern& pattern) {
  std::vector<Found> found;
  auto look = [&](std::size_t i) {
    const std::string& name = subscriptions[i];
    if (pattern.matches(name)) found.push_back({name, true});
    if (!pattern.ends_with_percent()) return;
    // The parents that it shares with the name before have been looked at.
    const std::size_t shared = i > 0 ? common_beginning(subscriptions[i - 1], name) : 0;
    for (const std::string_view parent : pattern.matching_parents(name, shared))
      found.push_back({parent, false});
  };
  co_await for_each_beside(session.runtime(), subscriptions.size(), look);
  auto order = [&found] {
    std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
      return a.name != b.name ? a.name < b.name : a.subscribed > b.subscribed;
    });
    const auto same = [](const Found& a, const Found& b) { return a.name == b.name; };
    found.erase(std::unique(found.begin(), found.end(), same), found.end());
  };
  co_await perform(session.runtime(), Lane::compute, order);
  co_return found;
}

Task<Tagged> run(Session& session, Lsub lsub) {
  const Pattern pattern(lsub.reference, lsub.pattern);
  if (pattern.too_long()) co_return no(Code::limit, "no mailbox name is that long");
  const std::vector<std::string> subscriptions = co_await session.store().subscriptions(session.account);
  const std::vector<MailboxInfo> mailboxes = co_await session.store().mailboxes(session.account);
  std::unordered_set<std::string_view> existing;
  auto note = [&](std::size_t i) { existing.insert(mailboxes[i].name); };
  co_await for_each_beside(session.runtime(), mailboxes.size(), note);
  const std::vector<Found> found = co_await find(session, subscriptions, pattern);
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
