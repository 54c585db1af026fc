// LoginExchange: see login_exchange.h.
#include "protocols/login_exchange.h"

#include <array>
#include <utility>

#include "base/log.h"
#include "base/text.h"

namespace postroom {

namespace {

using sasl::Turn;

sasl::Circumstances circumstances(const Service& service, const Stream& stream,
                                  const sasl::Mechanism& mechanism) {
  std::array<std::byte, 18> random;
  service.runtime.random(random);
  sasl::Circumstances made;
  made.nonce = hex_encode(std::string_view(reinterpret_cast<const char*>(random.data()), random.size()));
  made.host = service.hostname;
  if (mechanism.binding) made.exporter = stream.channel_binding("tls-exporter");
  return made;
}

LoginStep step(LoginStep::Kind kind) {
  LoginStep made;
  made.kind = kind;
  return made;
}

}  // namespace

LoginExchange::Refusal LoginExchange::refusal(const sasl::Mechanism* mechanism, sasl::Offer offer) {
  if (!mechanism || (mechanism->binding && !offer.binding)) return Refusal::unknown;
  return mechanism->own_secret || offer.login ? Refusal::none : Refusal::needs_tls;
}

LoginExchange::LoginExchange(const Service& service, const Stream& stream, const Peer& peer,
                             const sasl::Mechanism& mechanism)
    : service_(service),
      peer_(peer),
      mechanism_(mechanism),
      exchange_(mechanism, circumstances(service, stream, mechanism)) {}

Task<LoginStep> LoginExchange::begin(std::optional<std::string> initial) {
  std::optional<std::string_view> argument;
  if (initial) argument = *initial;
  Turn turn = exchange_.begin(argument);
  co_return co_await go_on(std::move(turn));
}

Task<LoginStep> LoginExchange::next(std::string line) {
  Turn turn = exchange_.next(line);
  co_return co_await go_on(std::move(turn));
}

Task<LoginStep> LoginExchange::go_on(Turn turn) {
  if (!turn.claim.authcid.empty()) name_ = turn.claim.authcid;
  if (turn.kind == Turn::Kind::look_up) {
    Authenticator::Known known = co_await service_.authenticator.look_up(turn.claim.authcid);
    proven_ = std::move(known.login);
    turn = exchange_.know(known.secrets);
    guessing_ = true;
  }
  const bool wrong = turn.kind == Turn::Kind::failed || !turn.refusal.empty();
  if (wrong && std::exchange(guessing_, false)) {
    co_await service_.authenticator.pay_for_guess(peer_.origin);
  }
  if (!turn.refusal.empty())
    log::info(
        "sasl.refused",
        {{"peer", peer_.address}, {"user", name_}, {"mechanism", mechanism_.name}, {"why", turn.refusal}});
  LoginStep made;
  made.name = name_;
  switch (turn.kind) {
    case Turn::Kind::cancelled: co_return step(LoginStep::Kind::cancelled);
    case Turn::Kind::malformed: co_return step(LoginStep::Kind::malformed);
    case Turn::Kind::challenge:
      made.kind = LoginStep::Kind::challenge;
      made.challenge = std::move(turn.challenge);
      co_return made;
    case Turn::Kind::look_up:
    case Turn::Kind::failed: co_return made;
    case Turn::Kind::done:
    case Turn::Kind::proven: break;
  }
  // Who may not act for another learns that only with the right password.
  const std::string for_whom = std::exchange(turn.claim.authzid, {});
  made.login = proven_;
  if (turn.kind == Turn::Kind::done)
    made.login = co_await service_.authenticator.authenticate(std::move(turn.claim), peer_.origin);
  made.for_another =
      !for_whom.empty() && !iequals(for_whom, made.name) && made.login.kind == Login::Kind::accepted;
  if (made.for_another) made.login = Login();
  co_return made;
}

}  // namespace postroom
