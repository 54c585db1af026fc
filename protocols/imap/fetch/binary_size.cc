// BINARY.SIZE[section], RFC 3516 4.2, RFC 9051 6.4.5: how long BINARY[section] is.
#include "protocols/imap/content.h"
#include "protocols/imap/fetch_item.h"

namespace postroom::imap {

namespace {

Task<> send(const FetchRequest& request, Content& content) {
  const std::uint64_t size = co_await content.decoded_size(request.section);
  content.wire().raw("BINARY.SIZE[");
  print(request.section, content.wire());
  content.wire().raw(" ").number(size);
}

}  // namespace

extern constinit const FetchItem binary_size_item{
    .name = "BINARY.SIZE[", .decodes = true, .parse = &parse_binary_size, .can = &can_decode, .send = &send};

}  // namespace postroom::imap
