// ENABLE: RFC 5161 3.1.
#include "base/text.h"
#include "protocols/imap/session.h"

namespace postroom::imap {

namespace {

std::vector<std::string> parse(Cursor& in) {
  std::vector<std::string> names;
  do {
    in.sp();
    names.push_back(upper(in.atom()));
  } while (in.peek() == ' ');
  return names;
}

Task<Tagged> run(Session& session, std::vector<std::string> names) {
  // What was enabled before is not listed again, what is unknown not at all.
  bool condstore = false;
  for (const std::string& name : names) condstore |= name == "CONDSTORE" && !session.condstore;
  session.wire.raw("* ENABLED").raw(condstore ? " CONDSTORE" : "").crlf();
  if (condstore) session.enable_condstore();
  co_return ok("ENABLE completed");
}

}  // namespace

extern constinit const Command enable_command = command<&parse, &run>("ENABLE", kLoggedIn);

}  // namespace postroom::imap
