// ENABLE: RFC 5161 3.1; QRESYNC: RFC 7162 3.2.3; IMAP4rev2: RFC 9051 6.3.1; UTF8=ACCEPT: RFC 6855 3.
#include "base/text.h"
#include "protocols/imap/session.h"

namespace postroom::imap {

namespace {

struct Extension {
  std::string_view name;
  bool Session::* enabled;
};
constexpr Extension kExtensions[] = {{"CONDSTORE", &Session::condstore},
                                     {"QRESYNC", &Session::qresync},
                                     {"IMAP4rev2", &Session::rev2},
                                     {"UTF8=ACCEPT", &Session::utf8_accept}};

std::vector<std::string> parse(Cursor& in) {
  std::vector<std::string> names;
  do {
    in.sp();
    names.emplace_back(in.atom());
  } while (in.peek() == ' ');
  return names;
}

void enable(Session& session, std::string_view name) {
  for (const Extension& extension : kExtensions) {
    // What was enabled before is not listed again, what is unknown not at all.
    if (session.*extension.enabled || !iequals(extension.name, name)) continue;
    session.*extension.enabled = true;
    session.wire.raw(" ").raw(extension.name);
  }
}

Task<Tagged> run(Session& session, std::vector<std::string> names) {
  const bool condstore_before = session.condstore;
  session.wire.raw("* ENABLED");
  for (const std::string& name : names) enable(session, name);
  session.wire.crlf();
  const bool condstore = session.condstore || session.qresync;
  session.condstore = condstore_before;
  if (condstore) session.enable_condstore();  // which has something to tell
  if (session.utf8()) session.wire.send_utf8();
  co_return ok("ENABLE completed");
}

}  // namespace

extern constinit const Command enable_command =
    command<&parse, &run>("ENABLE", kLoggedIn, {.capability = "QRESYNC UTF8=ACCEPT"});

}  // namespace postroom::imap
