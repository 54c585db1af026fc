// Salted verifiers: RFC 5802 3 with SHA-256.
#include "protocols/sasl/scram.h"

#include "base/crypto.h"

namespace postroom::sasl {

namespace {

Verifier derive(std::string_view prepared, std::string_view salt, std::uint32_t iterations) {
  const std::string salted = pbkdf2_sha256(prepared, salt, iterations);
  Verifier verifier;
  verifier.salt = salt;
  verifier.iterations = iterations;
  verifier.stored_key = sha256(hmac_sha256(salted, "Client Key"));
  verifier.server_key = hmac_sha256(salted, "Server Key");
  return verifier;
}

/// Empty when no password can be spelled so.
std::string prepare(std::string_view password) {
  if (password.size() > kMaxPassword) return {};
  return saslprep(password).value_or(std::string());
}

}  // namespace

std::optional<Verifier> make_verifier(std::string_view password, std::string_view salt,
                                      std::uint32_t iterations) {
  const std::string prepared = prepare(password);
  if (prepared.empty()) return std::nullopt;
  return derive(prepared, salt, iterations);
}

bool verify(std::string_view password, const Verifier& verifier) {
  // What no password can be is hashed all the same: the time says nothing.
  const std::string prepared = prepare(password);
  const Verifier made = derive(prepared, verifier.salt, verifier.iterations);
  const bool same = equal_in_constant_time(made.stored_key, verifier.stored_key);
  return same && !prepared.empty();
}

}  // namespace postroom::sasl
