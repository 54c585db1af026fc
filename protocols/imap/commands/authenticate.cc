// AUTHENTICATE: RFC 3501 6.2.2, with an initial response RFC 4959 3.
#include "protocols/imap/authentication.h"
#include "protocols/login_exchange.h"

namespace postroom::imap {

namespace {

using Kind = LoginStep::Kind;

struct Authenticate {
  Authenticate() = default;
  std::string mechanism;
  std::optional<std::string> initial;  ///< as sent
};

Authenticate parse(Cursor& in) {
  Authenticate arguments;
  in.sp();
  arguments.mechanism = in.atom();
  if (in.take(" ")) arguments.initial = in.initial_resp();
  return arguments;
}

/// Challenges and responses until the mechanism has come to an end, or the server has.
Task<LoginStep> exchange_lines(Session& session, LoginExchange& exchange, LoginStep step) {
  while (step.kind == Kind::challenge) {
    session.wire.continuation(step.challenge);
    session.framer.reset();
    Framer::Event event = Framer::Event::more;
    while (event == Framer::Event::more) {
      if (session.service.gate.draining()) {
        session.say_stopping();
        co_return step;
      }
      event = co_await session.hear_line(sasl::Exchange::kLineLimit);
    }
    if (event == Framer::Event::too_long) {
      session.wire.bye(Code::none, "line too long");
      session.ending = true;
      step.kind = Kind::malformed;
    } else {
      std::string line(session.framer.text());
      step = co_await exchange.next(std::move(line));
    }
  }
  co_return step;
}

Task<Tagged> run(Session& session, Authenticate arguments) {
  const sasl::Mechanism* mechanism = sasl::find_mechanism(arguments.mechanism);
  const sasl::Offer offer = sasl_offer(session.service, *session.stream, session.peer);
  switch (LoginExchange::refusal(mechanism, offer)) {
    case LoginExchange::Refusal::unknown: co_return no("no such mechanism");
    case LoginExchange::Refusal::needs_tls: co_return privacy_required();
    case LoginExchange::Refusal::none: break;
  }
  LoginExchange exchange(session.service, *session.stream, session.peer, *mechanism);
  LoginStep begun = co_await exchange.begin(std::move(arguments.initial));
  LoginStep step = co_await exchange_lines(session, exchange, std::move(begun));
  switch (step.kind) {
    case Kind::cancelled: co_return bad("AUTHENTICATE cancelled");
    case Kind::malformed: co_return bad("expected base64");
    case Kind::challenge: co_return unanswered();
    case Kind::ended: break;
  }
  if (step.for_another) co_return no(Code::authorization_failed, "nobody can act for somebody else here");
  co_return finish_login(session, step.login);
}

}  // namespace

extern constinit const Command authenticate_command =
    command<&parse, &run>("AUTHENTICATE", State::not_authenticated);

}  // namespace postroom::imap
