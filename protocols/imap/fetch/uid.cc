// UID, RFC 3501 6.4.5.
#include "protocols/imap/fetch_item.h"

namespace postroom::imap {

namespace {

void print(const Session&, const FetchRequest&, const MessageRow& row, Wire& wire) {
  wire.raw("UID ").number(row.uid);
}

}  // namespace

extern constinit const FetchItem uid_item{.name = "UID", .print = &print};

}  // namespace postroom::imap
