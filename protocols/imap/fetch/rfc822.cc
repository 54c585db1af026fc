// RFC822, RFC 3501 6.4.5: BODY[] by its older name.
#include "protocols/imap/content.h"
#include "protocols/imap/fetch_item.h"

namespace postroom::imap {

namespace {

Task<> send(const FetchRequest& request, Content& content) {
  content.wire().raw("RFC822 ");
  co_await content.send(request.section, request.partial);
}

}  // namespace

extern constinit const FetchItem rfc822_item{.name = "RFC822", .sets_seen = true, .send = &send};

}  // namespace postroom::imap
