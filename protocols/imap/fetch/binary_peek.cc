// BINARY.PEEK[section]<partial>, RFC 3516 4.2, RFC 9051 6.4.5: BINARY[section] that leaves \Seen alone.
#include "protocols/imap/content.h"
#include "protocols/imap/fetch_item.h"

namespace postroom::imap {

extern constinit const FetchItem binary_peek_item{.name = "BINARY.PEEK[",
                                                  .decodes = true,
                                                  .parse = &parse_binary,
                                                  .can = &can_decode,
                                                  .send = &send_binary};

}  // namespace postroom::imap
