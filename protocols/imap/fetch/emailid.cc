// EMAILID, RFC 8474 5.3: the same for all copies of a message.
#include "protocols/imap/fetch_item.h"
#include "protocols/imap/object_id.h"

namespace postroom::imap {

namespace {

void print(const Session&, const FetchRequest&, const MessageRow& row, Wire& wire) {
  wire.raw("EMAILID (").raw(object_id(row.content)).raw(")");
}

}  // namespace

extern constinit const FetchItem emailid_item{.name = "EMAILID", .print = &print};

}  // namespace postroom::imap
