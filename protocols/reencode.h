// A message that holds what we do not keep as it is, on its way in.
#pragma once

#include "base/runtime.h"
#include "protocols/intake.h"
#include "storage/content_form.h"

namespace postroom {

/// What our users' mailboxes hold: POP3 has no way to give out anything else, and IMAP hardly one (RFC 3516).
inline constexpr ContentForm kKept{.beyond_ascii = true, .long_lines = true};

/// Appends the message to `into`, with those parts in quoted-printable or base64 that hold more than
/// `carried` (mime/downgrade.h). `facts` are what `from` told at its end. False: it holds more where no
/// encoding is possible, or where one is already.
Task<bool> reencode(Runtime& runtime, Store& store, Intake& from, const MessageFacts& facts,
                    ContentForm carried, Intake& into);

}  // namespace postroom
