// BDAT, RFC 3030: the message in chunks of known length. It is text, unless MAIL has said BODY=BINARYMIME.
#include "base/text.h"
#include "protocols/smtp/session.h"

namespace postroom::smtp {
namespace {

struct Bdat {
  std::uint64_t size = 0;
  bool last = false;
};

Bdat parse(Cursor& in) {
  Bdat bdat;
  in.space();
  const auto size = parse_number(in.word());
  if (!size) in.fail(Reply(501, "5.5.4", "Syntax error: expected BDAT size [LAST]"));
  bdat.size = size.value_or(0);
  if (!in.at_end()) {
    in.space();
    in.need("LAST");
    bdat.last = true;
  }
  in.end();
  return bdat;
}

/// Where we stop listening to a message; here it is known before.
bool too_big_to_read(const Session& session, std::uint64_t size) {
  if (far_too_big(size, session.options)) return true;
  const bool begun = session.transaction && session.transaction->content;
  return begun && far_too_big(session.transaction->content->size() + size, session.options);
}

Task<Reply> run(Session& session, Bdat bdat) {
  if (too_big_to_read(session, bdat.size)) co_return too_big(session.options).then(Reply::Then::close);
  session.expect_chunk(bdat.size);
  if (const auto refusal = session.refuse_content()) {
    // RFC 3030 2: the chunk is taken all the same, also those in the pipeline after a failed one.
    co_await session.skip_content();
    co_return *refusal;
  }
  if (bdat.last) session.expect_end();
  if (!session.transaction->content) {
    co_await session.begin_content();
  }
  co_await session.receive_content();
  // A failed chunk ends the transaction: what follows it is answered 503 until the next MAIL.
  const bool over = bdat.last || session.transaction->content->refusal();
  if (over) {
    co_return co_await session.finish_transaction();
  }
  // RFC 3030 sets no least size of a chunk.
  if (bdat.size > 0) session.brought_content();
  co_return Reply(250, "2.0.0", std::to_string(bdat.size) + " bytes received");
}

}  // namespace

// It is for refuse_content() to say what is missing, when the chunk has been read.
extern constinit const Command bdat_command = command<&parse, &run>(
    "BDAT", {.before_hello = true, .before_tls = true, .in_group = true, .content_follows = true});

}  // namespace postroom::smtp
