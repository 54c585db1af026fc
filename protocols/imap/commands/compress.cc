// COMPRESS: RFC 4978 3. Compression begins behind the OK, in the command loop; before TLS whatever the order
// in which they were asked for, since STARTTLS is for those who have not logged in.
#include "protocols/imap/session.h"

namespace postroom::imap {

namespace {

struct Compress {};

Compress parse(Cursor& in) {
  in.sp();
  if (!in.take_word("DEFLATE")) in.fail("DEFLATE");
  return {};
}

Task<Tagged> run(Session& session, Compress) {
  using Layer = Stream::Compression;
  const Layer active = session.stream->compression();
  if (active == Layer::deflate) co_return bad(Code::compression_active, "DEFLATE is active already");
  if (active == Layer::tls) co_return no(Code::compression_active, "DEFLATE active via TLS");
  if (!session.options.compress) co_return bad("there is no compression here");
  session.start_compression = true;
  co_return ok("DEFLATE active");
}

}  // namespace

extern constinit const Command compress_command = command<&parse, &run>("COMPRESS", kLoggedIn);

}  // namespace postroom::imap
