// What can be told of a mailbox that is not selected: STATUS's items, which LIST has too (RFC 5819 2).
#pragma once

#include "protocols/imap/session.h"

namespace postroom::imap {

enum class StatusItem : std::uint8_t {
  messages,
  recent,
  uid_next,
  uid_validity,
  unseen,
  highest_modseq,
  size,
  append_limit,
  deleted,
  mailbox_id,
  deleted_storage,
};

struct StatusItems {
  StatusItems() = default;
  std::vector<StatusItem> items;  ///< in the client's order, each once
  bool asks(StatusItem item) const;
};

/// "(" status-att *(SP status-att) ")": adds to `items`.
void parse_status_items(Cursor& in, StatusItems& items);

/// How many messages of each of these are recent, a null having none; zeros if the items do not ask for it.
Task<std::vector<std::uint64_t>> count_recent(Session& session, const StatusItems& items,
                                              std::vector<const MailboxStatus*> mailboxes);

/// * STATUS
void tell_status(Session& session, std::string_view name, const StatusItems& items,
                 const MailboxStatus& status, std::uint64_t recent);

}  // namespace postroom::imap
