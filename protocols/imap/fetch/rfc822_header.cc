// RFC822.HEADER, RFC 3501 6.4.5: BODY.PEEK[HEADER] by its older name.
#include "protocols/imap/content.h"
#include "protocols/imap/fetch_item.h"

namespace postroom::imap {

namespace {

void parse(Cursor&, FetchRequest& request) { request.section.text = Section::Text::header; }

Task<> send(const FetchRequest& request, Content& content) {
  content.wire().raw("RFC822.HEADER ");
  co_await content.send(request.section, request.partial);
}

}  // namespace

extern constinit const FetchItem rfc822_header_item{
    .name = "RFC822.HEADER", .want = Want::parts, .parse = &parse, .send = &send};

}  // namespace postroom::imap
