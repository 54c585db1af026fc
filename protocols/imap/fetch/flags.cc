// FLAGS, RFC 3501 6.4.5.
#include "protocols/imap/fetch_item.h"
#include "protocols/imap/session.h"

namespace postroom::imap {

namespace {

void print(const Session& session, const FetchRequest&, const MessageRow& row, Wire& wire) {
  wire.raw("FLAGS ").flags(row.flags, session.is_recent(row.uid), session.keywords);
}

}  // namespace

extern constinit const FetchItem flags_item{.name = "FLAGS", .want = Want::flags, .print = &print};

}  // namespace postroom::imap
