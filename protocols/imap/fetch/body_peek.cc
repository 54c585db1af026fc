// BODY.PEEK[section]<partial>, RFC 3501 6.4.5: BODY[section] that leaves \Seen alone.
#include "protocols/imap/content.h"
#include "protocols/imap/fetch_item.h"

namespace postroom::imap {

extern constinit const FetchItem body_peek_item{
    .name = "BODY.PEEK[", .parse = &parse_body_section, .send = &send_body_section};

}  // namespace postroom::imap
