// What APPEND and REPLACE have in common: messages that go from the connection into the store as they come,
// their bytes as they are, line ends too, since clients compare what they get back with what they gave.
#pragma once

#include "protocols/imap/session.h"
#include "protocols/intake.h"

namespace postroom::imap {

/// What comes before a message's bytes: append-message of RFC 4466 6.
struct Announcement {
  Announcement() = default;
  FlagNames flags;
  std::optional<WallTime> date;
  bool utf8 = false;  ///< a parenthesis closes after the literal (RFC 6855 4)
  Announced literal;
};
Announcement parse_announcement(Cursor& in);

/// What has come of a command's messages so far.
struct Batch {
  Batch() = default;
  std::vector<std::unique_ptr<Intake>> intakes;
  std::vector<NewMessage> messages;
  std::size_t waiting = 0;  ///< bytes in memory
};

/// Reads the message that is announced in `next` into the batch, and what follows it: the announcement of
/// another one, or nothing at the command's end. Or why not.
Task<std::optional<Tagged>> take_message(Session& session, std::optional<Announcement>& next, Batch& batch);

/// "APPENDUID 38505 3955:3957" (RFC 4315 3) of `count` messages.
std::string appenduid(const Appended& appended, std::size_t count);

}  // namespace postroom::imap
