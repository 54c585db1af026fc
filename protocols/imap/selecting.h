// What SELECT and EXAMINE have in common (RFC 3501 6.3.1, 6.3.2).
#pragma once

#include "protocols/imap/resync.h"

namespace postroom::imap {

struct Selection {
  Selection() = default;
  MailboxName mailbox;
  bool condstore = false;        ///< RFC 7162 3.1.8
  std::optional<Resync> resync;  ///< RFC 7162 3.2.5
};

Selection parse_selection(Cursor& in);
Task<Tagged> select_mailbox(Session& session, Selection selection, bool read_only);

}  // namespace postroom::imap
