#include "protocols/sasl/exchange.h"

#include "base/text.h"

namespace postroom::sasl {

Turn Exchange::begin(std::optional<std::string_view> initial) {
  if (!initial) return step(std::nullopt);
  if (*initial == "=") return step("");
  return next(*initial);
}

Turn Exchange::next(std::string_view line) {
  Turn turn;
  if (refused_) return turn;
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

Turn Exchange::know(const Secrets& secrets) { return checked(conversation_->know(secrets)); }

Turn Exchange::step(std::optional<std::string_view> response) {
  return checked(conversation_->step(response));
}

Turn Exchange::checked(Turn turn) {
  refused_ = !turn.refusal.empty();
  turn.challenge = base64_encode(turn.challenge);
  return turn;
}

}  // namespace postroom::sasl
