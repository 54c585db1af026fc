// SASL: an exchange of lines, the first one naming the mechanism; and each line as a password for SASLprep.
#include <cstdint>
#include <cstdlib>

#include "base/text.h"
#include "protocols/sasl/exchange.h"
#include "protocols/sasl/scram.h"

namespace {

using namespace postroom;

void require(bool condition) {
  if (!condition) std::abort();
}

void check(const sasl::Turn& turn) {
  if (turn.kind == sasl::Turn::Kind::challenge) require(base64_decode(turn.challenge).has_value());
  if (turn.kind != sasl::Turn::Kind::done) return;
  require(!turn.claim.authcid.empty() && !turn.claim.password.empty());
  require(is_utf8(turn.claim.authcid) && is_utf8(turn.claim.password) && is_utf8(turn.claim.authzid));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::vector<std::string_view> lines = split(text, '\n');
  for (const std::string_view line : lines) {
    const auto prepared = sasl::saslprep(line);
    if (prepared) require(is_utf8(*prepared));
  }
  const sasl::Mechanism* mechanism = sasl::find_mechanism(lines.front());
  if (!mechanism) return 0;
  sasl::Exchange exchange(*mechanism);
  sasl::Turn turn = exchange.begin(std::nullopt);
  for (std::size_t i = 1; i < lines.size() && turn.kind == sasl::Turn::Kind::challenge; ++i) {
    check(turn);
    turn = exchange.next(lines[i]);
  }
  check(turn);
  return 0;
}
