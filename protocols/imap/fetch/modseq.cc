// MODSEQ, RFC 7162 3.1.4.2.
#include "protocols/imap/fetch_item.h"

namespace postroom::imap {

namespace {

void print(const Session&, const FetchRequest&, const MessageRow& row, Wire& wire) {
  wire.raw("MODSEQ (").number(row.modseq).raw(")");
}

}  // namespace

extern constinit const FetchItem modseq_item{
    .name = "MODSEQ", .want = Want::flags, .condstore = true, .print = &print};

}  // namespace postroom::imap
