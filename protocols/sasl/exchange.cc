// The exchange of base64 lines that AUTH and AUTHENTICATE have in common (RFC 4422 3, RFC 4954 4).
#include <algorithm>

#include "base/text.h"
#include "protocols/sasl/mechanism.h"

namespace postroom::sasl {

const Mechanism* find_mechanism(std::string_view name) {
  for (const Mechanism* mechanism : mechanisms())
    if (iequals(mechanism->name, name)) return mechanism;
  return nullptr;
}

std::string mechanism_names(std::string_view prefix, bool plaintext) {
  std::string names;
  for (const Mechanism* mechanism : mechanisms()) {
    if (mechanism->plaintext && !plaintext) continue;
    if (!names.empty()) names += ' ';
    names.append(prefix).append(mechanism->name);
  }
  return names;
}

Turn Exchange::begin(std::optional<std::string_view> initial) {
  if (!initial) return step(std::nullopt);
  if (*initial == "=") return step("");
  return next(*initial);
}

Turn Exchange::next(std::string_view line) {
  Turn turn;
  if (line == "*") {
    turn.kind = Turn::Kind::cancelled;
    return turn;
  }
  const std::optional<std::string> response = base64_decode(line);
  if (!response) {
    turn.kind = Turn::Kind::malformed;
    return turn;
  }
  return step(*response);
}

Turn Exchange::step(std::optional<std::string_view> response) {
  Step step = conversation_->step(response);
  Turn turn;
  switch (step.kind) {
    case Step::Kind::challenge:
      turn.kind = Turn::Kind::challenge;
      turn.challenge = base64_encode(step.challenge);
      break;
    case Step::Kind::done:
      turn.kind = Turn::Kind::done;
      turn.claim = std::move(step.claim);
      break;
    case Step::Kind::failed: turn.kind = Turn::Kind::failed; break;
  }
  return turn;
}

}  // namespace postroom::sasl
