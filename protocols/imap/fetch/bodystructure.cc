// BODYSTRUCTURE, RFC 3501 6.4.5: stored ready to send.
#include "protocols/imap/fetch_item.h"

namespace postroom::imap {

namespace {

void print(const Session&, const FetchRequest&, const MessageRow& row, Wire& wire) {
  wire.raw("BODYSTRUCTURE ").raw(row.body_structure);
}

}  // namespace

extern constinit const FetchItem bodystructure_item{
    .name = "BODYSTRUCTURE", .want = Want::body_structure, .print = &print};

}  // namespace postroom::imap
