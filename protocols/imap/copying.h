// What COPY and MOVE have in common (RFC 3501 6.4.7, RFC 6851).
#pragma once

#include "protocols/imap/session.h"

namespace postroom::imap {

struct Copying {
  Copying() = default;
  Numbers numbers = Numbers::sequence;
  SequenceSet set;
  std::string target;
};

Copying parse_copying(Cursor& in);

/// There is no mailbox of this name to put messages into: NO, and may it be made (RFC 9051 6.4.7)?
Tagged no_target(std::string_view name);

/// "COPYUID 38505 304,319:320 3956:3958" (RFC 4315 3).
std::string copyuid(const Copied& copied);

}  // namespace postroom::imap
