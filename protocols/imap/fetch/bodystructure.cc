// BODYSTRUCTURE, RFC 3501 6.4.5: stored ready to send.
#include "protocols/imap/fetch_item.h"
#include "protocols/imap/session.h"

namespace postroom::imap {

namespace {

void print(const Session& session, const FetchRequest&, const MessageRow& row, Wire& wire) {
  wire.raw("BODYSTRUCTURE ").body(row.body_structure, session.rev2);
}

}  // namespace

extern constinit const FetchItem bodystructure_item{
    .name = "BODYSTRUCTURE", .want = Want::body_structure, .print = &print};

}  // namespace postroom::imap
