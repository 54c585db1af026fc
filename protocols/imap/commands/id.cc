// ID: RFC 2971 3.1.
#include "protocols/imap/session.h"

namespace postroom::imap {

namespace {

struct Id {
  Id() = default;
};

/// NIL or at most 30 pairs: read to be sure that it is one, and kept nowhere.
Id parse(Cursor& in) {
  constexpr int kMaxPairs = 30;
  in.sp();
  if (in.take_word("NIL")) return Id();
  in.need("(");
  for (int pairs = 0; !in.take(")"); ++pairs) {
    if (pairs == kMaxPairs) in.fail("no more than 30 fields");
    if (pairs > 0) in.sp();
    if (in.error()) break;
    in.string();
    in.sp();
    in.nstring();
  }
  return Id();
}

/// No version: it helps nobody but who looks for servers with a known fault (RFC 2971 5).
Task<Tagged> run(Session& session, Id) {
  session.wire.raw("* ID (\"name\" \"Postroom\")").crlf();
  co_return ok("ID completed");
}

}  // namespace

extern constinit const Command id_command = command<&parse, &run>("ID", kAnyState);

}  // namespace postroom::imap
