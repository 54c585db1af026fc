// ENABLE: RFC 5161 3.1; QRESYNC: RFC 7162 3.2.3.
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
  bool condstore = session.condstore;
  bool qresync = session.qresync;
  session.wire.raw("* ENABLED");
  for (const std::string& name : names) {
    const bool first = (name == "CONDSTORE" && !condstore) || (name == "QRESYNC" && !qresync);
    if (!first) continue;
    session.wire.raw(" ").raw(name);
    condstore |= name == "CONDSTORE";
    qresync |= name == "QRESYNC";
  }
  session.wire.crlf();
  session.qresync = qresync;
  if (condstore || qresync) session.enable_condstore();
  co_return ok("ENABLE completed");
}

}  // namespace

extern constinit const Command enable_command =
    command<&parse, &run>("ENABLE", kLoggedIn, {.capability = "QRESYNC"});

}  // namespace postroom::imap
