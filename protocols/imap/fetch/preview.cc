// PREVIEW, PREVIEW (LAZY): RFC 8970 3, 4. What is not computed yet is not for a client that is in a hurry.
#include "protocols/imap/fetch_item.h"

namespace postroom::imap {

namespace {

/// ["(" preview-mod *(SP preview-mod) ")"], RFC 8970 6. Another parenthesis is FETCH's (RFC 4466 2.4).
void parse(Cursor& in, FetchRequest& request) {
  if (!in.take(" (LAZY")) return;
  while (in.take(" "))
    if (!in.take_word("LAZY")) in.fail("LAZY");
  in.need(")");
  request.lazy = true;
}

void print(const Session&, const FetchRequest&, const MessageRow& row, Wire& wire) {
  wire.raw("PREVIEW ");
  if (row.preview)
    wire.string(*row.preview);
  else
    wire.raw("NIL");
}

}  // namespace

extern constinit const FetchItem preview_item{
    .name = "PREVIEW", .want = Want::preview, .capability = "PREVIEW", .parse = &parse, .print = &print};

}  // namespace postroom::imap
