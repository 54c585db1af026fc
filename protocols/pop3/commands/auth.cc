// AUTH, RFC 5034: a login by SASL.
#include "protocols/login_exchange.h"
#include "protocols/pop3/session.h"

namespace postroom::pop3 {
namespace {

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
  switch (LoginExchange::refusal(mechanism, session.sasl_offer())) {
    case LoginExchange::Refusal::unknown: co_return Reply::error("There is no such mechanism here");
    case LoginExchange::Refusal::needs_tls:
      co_return Reply::error("Begin with STLS: your password would be shown");
    case LoginExchange::Refusal::none: break;
  }
  LoginExchange exchange = session.login_exchange(*mechanism);
  LoginStep step = co_await exchange.begin(std::move(auth.initial));
  while (step.kind == LoginStep::Kind::challenge) {
    co_await session.challenge(step.challenge);
    std::optional<Line> line = co_await session.sasl_line();
    if (!line) co_return Reply::error("[SYS/TEMP] The server is stopping");
    if (line->too_long) co_return Reply::error("The line is too long");
    step = co_await exchange.next(std::move(line->text));
  }
  if (step.kind == LoginStep::Kind::cancelled) co_return Reply::error("Cancelled");
  if (step.kind == LoginStep::Kind::malformed) co_return Reply::error("That is not base64");
  co_return co_await session.log_in(std::move(step.login), step.name);
}

}  // namespace

extern constinit const Command auth_command = command<&parse, &run>("AUTH", State::authorization);

}  // namespace postroom::pop3
