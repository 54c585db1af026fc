// LoginExchange: a login by SASL from AUTH or AUTHENTICATE to its end. One for all protocols, which only
// carry its lines.
#pragma once

#include <optional>
#include <string>

#include "protocols/sasl/exchange.h"
#include "protocols/service.h"

namespace postroom {

/// What mechanisms a connection may be told of, and use.
inline sasl::Offer sasl_offer(const Service& service, const Stream& stream, const Peer& peer) {
  sasl::Offer offer;
  offer.login = login_allowed(service, stream, peer);
  offer.binding = !stream.channel_binding("tls-exporter").empty();
  return offer;
}

/// What to tell the client next.
struct LoginStep {
  LoginStep() = default;
  enum class Kind {
    challenge,  ///< send `challenge`, then give the client's line to next()
    ended,      ///< `login` is what it came to
    cancelled,  ///< as Turn::Kind has it
    malformed,
  };
  Kind kind = Kind::ended;
  std::string challenge;  ///< in base64
  Login login;
  std::string name;          ///< who the client said it is
  bool for_another = false;  ///< it is, and wanted to act for somebody else: the login is refused
};

class LoginExchange {
 public:
  /// Why `mechanism` may not be used here.
  enum class Refusal { none, unknown, needs_tls };
  /// Null: there is no such mechanism. -PLUS without a TLS connection to bind to is none either.
  static Refusal refusal(const sasl::Mechanism* mechanism, sasl::Offer offer);

  LoginExchange(const Service& service, const Stream& stream, const Peer& peer,
                const sasl::Mechanism& mechanism);

  /// `initial` as the command had it, if it had one.
  Task<LoginStep> begin(std::optional<std::string> initial);
  /// The client's line after a challenge, without its CRLF.
  Task<LoginStep> next(std::string line);

 private:
  Task<LoginStep> go_on(sasl::Turn turn);

  const Service& service_;
  const Peer& peer_;
  const sasl::Mechanism& mechanism_;
  sasl::Exchange exchange_;
  std::string name_;       // who the client said it is
  Login proven_;           // what a right proof comes to
  bool guessing_ = false;  // the client has learned what its proof is checked with, and not paid for it yet
};

}  // namespace postroom
