// LIST: RFC 3501 6.3.8; CHILDREN: RFC 3348; SPECIAL-USE: RFC 6154 2.
#include <unordered_set>

#include "protocols/imap/beside.h"
#include "protocols/imap/mailbox_name.h"
#include "protocols/imap/session.h"
#include "protocols/imap/special_use.h"

namespace postroom::imap {

namespace {

struct List {
  List() = default;
  std::string reference;
  std::string pattern;
};

List parse(Cursor& in) {
  List list;
  in.sp();
  list.reference = in.list_mailbox();
  in.sp();
  list.pattern = in.list_mailbox();
  return list;
}

Task<Tagged> run(Session& session, List list) {
  if (list.pattern.empty()) {
    session.wire.raw("* LIST (\\Noselect) \"/\" \"\"").crlf();
    co_return ok("LIST completed");
  }
  const Pattern pattern(list.reference, list.pattern);
  if (pattern.too_long()) co_return no(Code::limit, "no mailbox name is that long");
  const std::vector<MailboxInfo> mailboxes = co_await session.store().mailboxes(session.account);
  std::unordered_set<std::string_view> parents;
  std::vector<bool> found(mailboxes.size());
  auto match = [&](std::size_t i) {
    parents.insert(parent_of(mailboxes[i].name));
    found[i] = pattern.matches(mailboxes[i].name);
  };
  co_await for_each_beside(session.runtime(), mailboxes.size(), match);
  for (std::size_t i = 0; i < mailboxes.size(); ++i) {
    if (!found[i]) continue;
    const MailboxInfo& mailbox = mailboxes[i];
    session.wire.raw("* LIST (").raw(parents.contains(mailbox.name) ? "\\HasChildren" : "\\HasNoChildren");
    if (mailbox.special_use != SpecialUse::none) session.wire.raw(" ").raw(name_of(mailbox.special_use));
    session.wire.raw(") \"/\" ").mailbox(mailbox.name).crlf();
    co_await session.give_way();
  }
  co_return ok("LIST completed");
}

}  // namespace

extern constinit const Command list_command =
    command<&parse, &run>("LIST", kLoggedIn, {.capability = "CHILDREN SPECIAL-USE"});

}  // namespace postroom::imap
