// RFC 3501 6.3.10; HIGHESTMODSEQ: RFC 7162 3.1.7; SIZE: RFC 8438 3; APPENDLIMIT: RFC 7889 3.1; DELETED: RFC
// 9051 6.3.11; MAILBOXID: RFC 8474 4.3; DELETED-STORAGE: RFC 9208 4.1.4.
#include "protocols/imap/status_items.h"

#include <algorithm>

#include "protocols/imap/capability.h"
#include "protocols/imap/object_id.h"

namespace postroom::imap {

namespace {

struct ItemName {
  std::string_view name;
  StatusItem item;
};
constexpr ItemName kItems[] = {{"MESSAGES", StatusItem::messages},
                               {"RECENT", StatusItem::recent},
                               {"UIDNEXT", StatusItem::uid_next},
                               {"UIDVALIDITY", StatusItem::uid_validity},
                               {"UNSEEN", StatusItem::unseen},
                               {"HIGHESTMODSEQ", StatusItem::highest_modseq},
                               {"SIZE", StatusItem::size},
                               {"APPENDLIMIT", StatusItem::append_limit},
                               {"DELETED", StatusItem::deleted},
                               {"MAILBOXID", StatusItem::mailbox_id},
                               {"DELETED-STORAGE", StatusItem::deleted_storage}};
std::string_view name_of(StatusItem item) { return kItems[static_cast<std::size_t>(item)].name; }

void parse_item(Cursor& in, StatusItems& items) {
  for (const ItemName& known : kItems) {
    if (!in.take_word(known.name)) continue;
    if (!items.asks(known.item)) items.items.push_back(known.item);
    return;
  }
  in.fail("status-att");
}

std::string value_of(StatusItem item, const Session& session, const MailboxStatus& status,
                     std::uint64_t recent) {
  switch (item) {
    case StatusItem::messages: return std::to_string(status.messages);
    case StatusItem::recent: return std::to_string(recent);
    case StatusItem::uid_next: return std::to_string(status.uid_next);
    case StatusItem::uid_validity: return std::to_string(status.uid_validity);
    case StatusItem::unseen: return std::to_string(status.unseen);
    case StatusItem::highest_modseq: return std::to_string(status.highest_modseq);
    case StatusItem::size: return std::to_string(status.size);
    case StatusItem::append_limit: return std::to_string(append_limit(session));
    case StatusItem::deleted: return std::to_string(status.deleted);
    case StatusItem::mailbox_id: return "(" + object_id(status.id) + ")";
    // In bytes, though STORAGE has its own unit: the sum of RFC822.SIZE, which RFC 9208 4.1.4 allows.
    case StatusItem::deleted_storage: return std::to_string(status.deleted_size);
  }
  return {};
}

bool has_recent(const MailboxStatus* status) { return status && status->first_recent < status->uid_next; }

}  // namespace

bool StatusItems::asks(StatusItem item) const {
  return std::find(items.begin(), items.end(), item) != items.end();
}

void parse_status_items(Cursor& in, StatusItems& items) {
  in.need("(");
  do parse_item(in, items);
  while (in.take(" "));
  in.need(")");
}

Task<std::vector<std::uint64_t>> count_recent(Session& session, const StatusItems& items,
                                              std::vector<const MailboxStatus*> mailboxes) {
  std::vector<std::uint64_t> counts(mailboxes.size());
  std::vector<MailboxId> some;
  for (const MailboxStatus* status : mailboxes)
    if (items.asks(StatusItem::recent) && has_recent(status)) some.push_back(status->id);
  if (some.empty()) co_return counts;
  const std::vector<std::uint64_t> counted = co_await session.store().count_recent(std::move(some));
  auto next = counted.begin();
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (has_recent(mailboxes[i])) counts[i] = *next++;
  co_return counts;
}

void tell_status(Session& session, std::string_view name, const StatusItems& items,
                 const MailboxStatus& status, std::uint64_t recent) {
  session.wire.raw("* STATUS ").mailbox(name).raw(" (");
  std::string_view space;
  for (const StatusItem item : items.items) {
    session.wire.raw(space).raw(name_of(item)).raw(" ").raw(value_of(item, session, status, recent));
    space = " ";
  }
  session.wire.raw(")").crlf();
}

}  // namespace postroom::imap
