// BINARY[section]<partial>, RFC 3516 4.2, RFC 9051 6.4.5: a part without its transfer encoding.
#include "protocols/imap/content.h"
#include "protocols/imap/fetch_item.h"

namespace postroom::imap {

extern constinit const FetchItem binary_item{.name = "BINARY[",
                                             .sets_seen = true,
                                             .decodes = true,
                                             .parse = &parse_binary,
                                             .can = &can_decode,
                                             .send = &send_binary};

}  // namespace postroom::imap
