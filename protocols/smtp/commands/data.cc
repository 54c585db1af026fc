// DATA, RFC 5321 4.1.1.4: the message, up to a line with nothing but a dot.
#include "protocols/smtp/session.h"

namespace postroom::smtp {
namespace {

Task<Reply> run(Session& session, Nothing) {
  if (const auto refusal = session.refuse_content()) co_return *refusal;
  // RFC 3030 3
  if (session.transaction->binary) co_return Reply(503, "5.5.1", "BODY=BINARYMIME comes by BDAT");
  // RFC 3030 2
  if (session.transaction->content) co_return Reply(503, "5.5.1", "Go on with BDAT, or RSET");
  Reply go_ahead(354, "", "Send the message, end it with a line of one dot");
  co_await session.send(std::move(go_ahead));
  session.expect_dots();
  session.expect_end();
  co_await session.begin_content();
  co_await session.receive_content();
  co_return co_await session.finish_transaction();
}

}  // namespace

extern constinit const Command data_command = command<&parse_nothing, &run>("DATA", {});

}  // namespace postroom::smtp
