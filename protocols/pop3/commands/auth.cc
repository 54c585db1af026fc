// AUTH, RFC 5034: a login by SASL.
#include "protocols/pop3/session.h"
#include "protocols/sasl/exchange.h"

namespace postroom::pop3 {
namespace {

using sasl::Turn;

struct Auth {
  Auth() = default;
  std::string mechanism;
  std::optional<std::string> initial;
};

Auth parse(Cursor& in) {
  Auth auth;
  auth.mechanism = in.word("a mechanism");
  if (!in.at_end()) auth.initial = in.word("an initial response");
  in.end();
  return auth;
}

Task<Reply> run(Session& session, Auth auth) {
  const sasl::Mechanism* const mechanism = sasl::find_mechanism(auth.mechanism);
  if (!mechanism) co_return Reply::error("There is no such mechanism here");
  if (mechanism->plaintext && !session.password_allowed())
    co_return Reply::error("Begin with STLS: your password would be shown");
  sasl::Exchange exchange(*mechanism);
  Turn turn = exchange.begin(auth.initial);
  while (turn.kind == Turn::Kind::challenge) {
    co_await session.challenge(turn.challenge);
    const std::optional<Line> line = co_await session.sasl_line();
    if (!line) co_return Reply::error("[SYS/TEMP] The server is stopping");
    if (line->too_long) co_return Reply::error("The line is too long");
    turn = exchange.next(line->text);
  }
  if (turn.kind == Turn::Kind::cancelled) co_return Reply::error("Cancelled");
  if (turn.kind == Turn::Kind::malformed) co_return Reply::error("That is not base64");
  Login login;
  const std::string name = turn.claim.authcid;
  if (turn.kind == Turn::Kind::done) {
    login = co_await session.service.authenticator.authenticate(std::move(turn.claim), session.peer.origin);
  }
  co_return co_await session.log_in(std::move(login), name);
}

}  // namespace

extern constinit const Command auth_command = command<&parse, &run>("AUTH", State::authorization);

}  // namespace postroom::pop3
