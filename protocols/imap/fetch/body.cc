// BODY without a section, RFC 3501 6.4.5: BODYSTRUCTURE without extension data, stored ready to send.
#include "protocols/imap/fetch_item.h"
#include "protocols/imap/session.h"

namespace postroom::imap {

namespace {

void print(const Session& session, const FetchRequest&, const MessageRow& row, Wire& wire) {
  wire.raw("BODY ").body(row.body, session.rev2);
}

}  // namespace

extern constinit const FetchItem body_item{.name = "BODY", .want = Want::body, .print = &print};

}  // namespace postroom::imap
