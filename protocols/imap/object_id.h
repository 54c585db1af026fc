// What clients know objects by across mailboxes and sessions (RFC 8474 7 objectid). Pure.
#pragma once

#include <string>

#include "protocols/imap/cursor.h"
#include "storage/types.h"

namespace postroom::imap {

/// MAILBOXID, RFC 8474 4.
std::string object_id(MailboxId mailbox);
/// EMAILID, RFC 8474 5.1.
std::string object_id(ContentId content);
/// THREADID, RFC 8474 5.2. `row` has its saved and its sort_keys.
std::string thread_id(const MessageRow& row);

/// objectid = 1*255(ALPHA / DIGIT / "_" / "-"); as written.
std::string parse_object_id(Cursor& in);

}  // namespace postroom::imap
