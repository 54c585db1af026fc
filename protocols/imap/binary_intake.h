// A message that holds NUL on its way in (RFC 3516 4.4).
#pragma once

#include "protocols/imap/session.h"
#include "protocols/intake.h"

namespace postroom::imap {

/// Appends the message to `into`, the parts that hold NUL in base64: neither BODY[] nor POP3 could give them
/// out as they are. Nothing is lost, and no other part is touched (RFC 3516 4.4, 6). `facts` are what
/// `from` told at its end. False: a NUL lies where no encoding is possible, or where one is already.
Task<bool> encode_binary(Session& session, Intake& from, const MessageFacts& facts, Intake& into);

}  // namespace postroom::imap
