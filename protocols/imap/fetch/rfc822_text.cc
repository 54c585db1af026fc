// RFC822.TEXT, RFC 3501 6.4.5: BODY[TEXT] by its older name.
#include "protocols/imap/content.h"
#include "protocols/imap/fetch_item.h"

namespace postroom::imap {

namespace {

void parse(Cursor&, FetchRequest& request) { request.section.text = Section::Text::text; }

Task<> send(const FetchRequest& request, Content& content) {
  content.wire().raw("RFC822.TEXT ");
  co_await content.send(request.section, request.partial);
}

}  // namespace

extern constinit const FetchItem rfc822_text_item{
    .name = "RFC822.TEXT", .want = Want::parts, .sets_seen = true, .parse = &parse, .send = &send};

}  // namespace postroom::imap
