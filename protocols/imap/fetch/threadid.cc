// THREADID, RFC 8474 5.3.
#include "protocols/imap/fetch_item.h"
#include "protocols/imap/object_id.h"

namespace postroom::imap {

namespace {

void print(const Session&, const FetchRequest&, const MessageRow& row, Wire& wire) {
  wire.raw("THREADID (").raw(thread_id(row)).raw(")");
}

}  // namespace

extern constinit const FetchItem threadid_item{
    .name = "THREADID", .want = Want::saved | Want::sort_keys, .print = &print};

}  // namespace postroom::imap
