#include "protocols/sasl/scram_exchange.h"

#include <algorithm>
#include <functional>

#include "base/crypto.h"
#include "base/text.h"
#include "protocols/sasl/scram.h"

namespace postroom::sasl {

namespace {

using Binding = ClientFirst::Binding;

Turn say(std::string challenge) {
  Turn turn;
  turn.kind = Turn::Kind::challenge;
  turn.challenge = std::move(challenge);
  return turn;
}

/// RFC 5802 5.1: the server may say why; the client reads it in place of what it waits for.
Turn refuse(ScramError why) {
  Turn turn = say("e=" + std::string(why));
  turn.refusal = why;
  return turn;
}

/// RFC 5802 3: what ClientProof hides is the key that StoredKey is the hash of.
bool is_proof(std::string_view proof, const Verifier& verifier, std::string_view auth_message) {
  std::string key = hmac_sha256(verifier.stored_key, auth_message);
  if (proof.size() != key.size()) return false;
  std::ranges::transform(key, proof, key.begin(), std::bit_xor<>());
  return equal_in_constant_time(sha256(key), verifier.stored_key);
}

}  // namespace

Turn ScramExchange::step(std::optional<std::string_view> response) {
  if (!response) return say("");  // RFC 5802 5: the client speaks first
  switch (state_) {
    case State::begun: return hear_first(*response);
    case State::challenged: return hear_final(*response);
    case State::looks_up:
    case State::proven: break;
  }
  // The client's answer to "v=" is empty (RFC 4422 3.6).
  Turn turn;
  if (state_ != State::proven || !response->empty()) return turn;
  turn.kind = Turn::Kind::proven;
  turn.claim = claim_;
  return turn;
}

Turn ScramExchange::hear_first(std::string_view response) {
  if (const ScramError error = parse(response, first_); !error.empty()) return refuse(error);
  if (const ScramError error = look_at_binding(); !error.empty()) return refuse(error);
  // RFC 5802 5.1. The address itself is compared as every login compares it.
  const std::optional<std::string> name = saslprep(first_.name);
  if (!name || name->empty()) return refuse("invalid-username-encoding");
  claim_.authzid = first_.authzid;
  claim_.authcid = first_.name;
  nonce_ = first_.nonce + circumstances_.nonce;
  state_ = State::looks_up;
  Turn turn;
  turn.kind = Turn::Kind::look_up;
  turn.claim = claim_;
  return turn;
}

/// RFC 5802 6: is it what was agreed on?
ScramError ScramExchange::look_at_binding() {
  if (!plus_) {
    if (first_.binding == Binding::required) return "channel-binding-not-supported";
    // Somebody between us has taken -PLUS out of what we offered.
    const bool downgraded = first_.binding == Binding::unoffered && circumstances_.binding_offered;
    return downgraded ? "server-does-support-channel-binding" : "";
  }
  if (first_.binding != Binding::required) return "other-error";
  return binding_data().empty() ? "unsupported-channel-binding-type" : "";
}

std::string_view ScramExchange::binding_data() const {
  return first_.binding_type == "tls-exporter" ? std::string_view(circumstances_.exporter)
                                               : std::string_view();
}

Turn ScramExchange::know(const Secrets& secrets) {
  verifier_ = secrets.verifier;
  state_ = State::challenged;
  server_first_ =
      "r=" + nonce_ + ",s=" + base64_encode(verifier_.salt) + ",i=" + std::to_string(verifier_.iterations);
  return say(server_first_);
}

Turn ScramExchange::hear_final(std::string_view response) {
  ClientFinal message;
  if (const ScramError error = parse(response, message); !error.empty()) return refuse(error);
  if (message.nonce != nonce_) return refuse("other-error");
  const std::string expected = first_.header + std::string(binding_data());
  if (!equal_in_constant_time(message.binding, expected)) return refuse("channel-bindings-dont-match");
  const std::string auth_message = first_.bare + "," + server_first_ + "," + message.without_proof;
  if (!is_proof(message.proof, verifier_, auth_message)) return refuse("invalid-proof");
  state_ = State::proven;
  return say("v=" + base64_encode(hmac_sha256(verifier_.server_key, auth_message)));
}

}  // namespace postroom::sasl
