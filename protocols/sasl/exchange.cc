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
  Turn turn = conversation_->step(response);
  turn.challenge = base64_encode(turn.challenge);
  return turn;
}

}  // namespace postroom::sasl
