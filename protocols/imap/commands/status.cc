// STATUS: RFC 3501 6.3.10; HIGHESTMODSEQ: RFC 7162 3.1.7.
#include <algorithm>

#include "protocols/imap/session.h"

namespace postroom::imap {

namespace {

enum class Item : std::uint8_t { messages, recent, uid_next, uid_validity, unseen, highest_modseq };

struct ItemName {
  std::string_view name;
  Item item;
};
constexpr ItemName kItems[] = {{"MESSAGES", Item::messages}, {"RECENT", Item::recent},
                               {"UIDNEXT", Item::uid_next},  {"UIDVALIDITY", Item::uid_validity},
                               {"UNSEEN", Item::unseen},     {"HIGHESTMODSEQ", Item::highest_modseq}};
std::string_view name_of(Item item) { return kItems[static_cast<std::size_t>(item)].name; }

struct Status {
  Status() = default;
  std::string mailbox;
  std::vector<Item> items;
  bool asks(Item item) const { return std::find(items.begin(), items.end(), item) != items.end(); }
};

void parse_item(Cursor& in, Status& status) {
  for (const ItemName& known : kItems) {
    if (!in.take_word(known.name)) continue;
    if (!status.asks(known.item)) status.items.push_back(known.item);
    return;
  }
  in.fail("status-att");
}

Status parse(Cursor& in) {
  Status status;
  in.sp();
  status.mailbox = in.mailbox();
  in.sp();
  in.need("(");
  do parse_item(in, status);
  while (in.take(" "));
  in.need(")");
  return status;
}

/// Only where it must be known which UIDs there are: how many have not been shown to any session.
Task<std::uint64_t> count_recent(Session& session, std::string mailbox) {
  const auto snapshot = co_await session.store().open(session.account, std::move(mailbox), false);
  if (!snapshot) co_return 0U;
  co_return snapshot->uids.after(snapshot->status.first_recent - 1).size();
}

std::uint64_t value_of(Item item, const MailboxStatus& status, std::uint64_t recent) {
  switch (item) {
    case Item::messages: return status.messages;
    case Item::recent: return recent;
    case Item::uid_next: return status.uid_next;
    case Item::uid_validity: return status.uid_validity;
    case Item::unseen: return status.unseen;
    case Item::highest_modseq: return status.highest_modseq;
  }
  return 0;
}

Task<Tagged> run(Session& session, Status status) {
  const std::optional<MailboxStatus> found = co_await session.store().status(session.account, status.mailbox);
  if (!found) co_return no(Code::nonexistent, "no such mailbox");
  std::uint64_t recent = 0;
  if (status.asks(Item::recent) && found->first_recent < found->uid_next) {
    recent = co_await count_recent(session, status.mailbox);
  }
  if (status.asks(Item::highest_modseq)) session.enable_condstore();
  session.wire.raw("* STATUS ").mailbox(status.mailbox).raw(" (");
  std::string_view space;
  for (const Item item : status.items) {
    session.wire.raw(space).raw(name_of(item)).raw(" ").number(value_of(item, *found, recent));
    space = " ";
  }
  session.wire.raw(")").crlf();
  co_return ok("STATUS completed");
}

}  // namespace

extern constinit const Command status_command = command<&parse, &run>("STATUS", kLoggedIn);

}  // namespace postroom::imap
