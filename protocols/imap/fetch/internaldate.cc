// INTERNALDATE, RFC 3501 6.4.5.
#include "protocols/imap/fetch_item.h"

namespace postroom::imap {

namespace {

void print(const Session&, const FetchRequest&, const MessageRow& row, Wire& wire) {
  wire.raw("INTERNALDATE ").date_time(row.internal_date);
}

}  // namespace

extern constinit const FetchItem internaldate_item{.name = "INTERNALDATE", .print = &print};

}  // namespace postroom::imap
