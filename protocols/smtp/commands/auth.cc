// AUTH, RFC 4954: who the user is. Only on the ports that are for users.
#include "base/log.h"
#include "protocols/login_exchange.h"
#include "protocols/smtp/session.h"

namespace postroom::smtp {
namespace {

struct Auth {
  Auth() = default;
  std::string mechanism;
  std::optional<std::string> initial;
};

Auth parse(Cursor& in) {
  Auth auth;
  in.space();
  auth.mechanism = in.word();
  if (!in.at_end()) {
    in.space();
    auth.initial = std::string(in.word());
  }
  in.end();
  if (auth.mechanism.empty()) in.fail(Reply(501, "5.5.4", "Syntax error: expected a mechanism"));
  return auth;
}

std::optional<Reply> refuse(const Session& session, const sasl::Mechanism* mechanism) {
  if (!session.for_submission())
    return Reply(502, "5.5.1", "No login on this port; users send their mail by port 465 or 587");
  if (session.user) return Reply(503, "5.5.1", "Somebody is logged in already");
  if (session.transaction) return Reply(503, "5.5.1", "Not within a mail transaction");
  switch (LoginExchange::refusal(mechanism, session.sasl_offer())) {
    case LoginExchange::Refusal::unknown: return Reply(504, "5.5.4", "There is no such mechanism here");
    case LoginExchange::Refusal::needs_tls: return Reply(538, "5.7.11", "Begin with STARTTLS");
    case LoginExchange::Refusal::none: break;
  }
  return std::nullopt;
}

Reply failed(Session& session, Reply reply) {
  if (++session.failed_logins >= session.options.failed_logins) reply.then(Reply::Then::close);
  return reply;
}

Reply refused(Session& session, std::string_view name) {
  log::info("smtp.login_refused", {{"peer", session.peer.address}, {"user", name}});
  return failed(session, Reply(535, "5.7.8", "Wrong address or password"));
}

Reply conclude(Session& session, LoginStep step) {
  switch (step.login.kind) {
    case Login::Kind::refused: return refused(session, step.name);
    case Login::Kind::unavailable:
      return failed(session, Reply(454, "4.7.0", "Too many logins at once; try again soon"));
    case Login::Kind::accepted: break;
  }
  session.user = std::move(step.login);
  return Reply(235, "2.7.0", "Welcome");
}

Task<Reply> run(Session& session, Auth auth) {
  const sasl::Mechanism* const mechanism = sasl::find_mechanism(auth.mechanism);
  if (const auto refusal = refuse(session, mechanism)) co_return *refusal;
  LoginExchange exchange = session.login_exchange(*mechanism);
  LoginStep step = co_await exchange.begin(std::move(auth.initial));
  while (step.kind == LoginStep::Kind::challenge) {
    Reply challenge(334, "", step.challenge);
    co_await session.send(std::move(challenge));
    std::optional<Line> line = co_await session.sasl_line();
    if (!line) co_return Reply(454, "4.7.0", "We are stopping; try again soon");
    if (line->too_long) co_return failed(session, Reply(500, "5.5.6", "The line is too long"));
    step = co_await exchange.next(std::move(line->text));
  }
  if (step.kind == LoginStep::Kind::cancelled) co_return Reply(501, "5.0.0", "Cancelled");
  if (step.kind == LoginStep::Kind::malformed) co_return Reply(501, "5.5.2", "That is not base64");
  co_return conclude(session, std::move(step));
}

}  // namespace

extern constinit const Command auth_command = command<&parse, &run>("AUTH", {});

}  // namespace postroom::smtp
