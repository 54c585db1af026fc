// ENVELOPE, RFC 3501 6.4.5: stored ready to send.
#include "protocols/imap/fetch_item.h"

namespace postroom::imap {

namespace {

void print(const Session&, const FetchRequest&, const MessageRow& row, Wire& wire) {
  wire.raw("ENVELOPE ").raw(row.envelope);
}

}  // namespace

extern constinit const FetchItem envelope_item{.name = "ENVELOPE", .want = Want::envelope, .print = &print};

}  // namespace postroom::imap
