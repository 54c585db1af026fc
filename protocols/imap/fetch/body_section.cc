// BODY[section]<partial>, RFC 3501 6.4.5.
#include "protocols/imap/content.h"
#include "protocols/imap/fetch_item.h"

namespace postroom::imap {

extern constinit const FetchItem body_section_item{
    .name = "BODY[", .sets_seen = true, .parse = &parse_body_section, .send = &send_body_section};

}  // namespace postroom::imap
