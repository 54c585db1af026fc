// AUTHENTICATE: RFC 3501 6.2.2, with an initial response RFC 4959 3.
#include "base/text.h"
#include "protocols/imap/authentication.h"
#include "protocols/sasl/exchange.h"

namespace postroom::imap {

namespace {

using Turn = sasl::Turn;

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
Task<Turn> exchange_lines(Session& session, sasl::Exchange& exchange, Turn turn) {
  while (turn.kind == Turn::Kind::challenge) {
    session.wire.continuation(turn.challenge);
    session.framer.reset();
    Framer::Event event = Framer::Event::more;
    while (event == Framer::Event::more) {
      if (session.service.gate.draining()) {
        session.say_stopping();
        co_return turn;
      }
      event = co_await session.hear_line(sasl::Exchange::kLineLimit);
    }
    if (event == Framer::Event::too_long) {
      session.wire.bye(Code::none, "line too long");
      session.ending = true;
      turn.kind = Turn::Kind::malformed;
    } else {
      turn = exchange.next(session.framer.text());
    }
  }
  co_return turn;
}

Task<Tagged> run(Session& session, Authenticate arguments) {
  const sasl::Mechanism* mechanism = sasl::find_mechanism(arguments.mechanism);
  if (!mechanism) co_return no("no such mechanism");
  if (mechanism->plaintext && !session.login_allowed()) co_return privacy_required();
  sasl::Exchange exchange(*mechanism);
  const std::optional<std::string>& initial = arguments.initial;
  Turn begun = exchange.begin(initial ? std::optional<std::string_view>(*initial) : std::nullopt);
  Turn turn = co_await exchange_lines(session, exchange, std::move(begun));
  switch (turn.kind) {
    case Turn::Kind::cancelled: co_return bad("AUTHENTICATE cancelled");
    case Turn::Kind::malformed: co_return bad("expected base64");
    case Turn::Kind::failed: co_return no(Code::authentication_failed, "the mechanism failed");
    case Turn::Kind::challenge: co_return unanswered();
    case Turn::Kind::done: break;
  }
  // Who may not act for another learns that only with the right password.
  const std::string for_whom = std::exchange(turn.claim.authzid, {});
  const bool for_another = !for_whom.empty() && !iequals(for_whom, turn.claim.authcid);
  const Login login =
      co_await session.service.authenticator.authenticate(std::move(turn.claim), session.peer.origin);
  if (for_another && login.kind == Login::Kind::accepted)
    co_return no(Code::authorization_failed, "nobody can act for somebody else here");
  co_return finish_login(session, login);
}

}  // namespace

extern constinit const Command authenticate_command =
    command<&parse, &run>("AUTHENTICATE", State::not_authenticated);

}  // namespace postroom::imap
