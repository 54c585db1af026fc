// RFC822.SIZE, RFC 3501 6.4.5.
#include "protocols/imap/fetch_item.h"

namespace postroom::imap {

namespace {

void print(const Session&, const FetchRequest&, const MessageRow& row, Wire& wire) {
  wire.raw("RFC822.SIZE ").number(row.size);
}

}  // namespace

extern constinit const FetchItem rfc822_size_item{.name = "RFC822.SIZE", .print = &print};

}  // namespace postroom::imap
