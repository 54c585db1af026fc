// SAVEDATE, RFC 8514 4.2.
#include "protocols/imap/fetch_item.h"

namespace postroom::imap {

namespace {

void print(const Session&, const FetchRequest&, const MessageRow& row, Wire& wire) {
  wire.raw("SAVEDATE ").date_time(row.saved);
}

}  // namespace

extern constinit const FetchItem savedate_item{.name = "SAVEDATE", .want = Want::saved, .print = &print};

}  // namespace postroom::imap
