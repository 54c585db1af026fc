// SASL: an exchange of lines, the first one naming the mechanism; each line as a password for SASLprep, and,
// as it is and out of base64, as each of SCRAM's messages.
#include <cstdint>
#include <cstdlib>

#include "base/text.h"
#include "protocols/sasl/exchange.h"
#include "protocols/sasl/scram.h"
#include "protocols/sasl/scram_message.h"

namespace {

using namespace postroom;

void require(bool condition) {
  if (!condition) std::abort();
}

void check(const sasl::Turn& turn) {
  if (turn.kind == sasl::Turn::Kind::challenge) require(base64_decode(turn.challenge).has_value());
  if (turn.kind == sasl::Turn::Kind::look_up) require(!turn.claim.authcid.empty());
  // Nobody foresees a hash.
  require(turn.kind != sasl::Turn::Kind::proven);
  if (turn.kind != sasl::Turn::Kind::done) return;
  require(!turn.claim.authcid.empty() && !turn.claim.password.empty());
  require(is_utf8(turn.claim.authcid) && is_utf8(turn.claim.password) && is_utf8(turn.claim.authzid));
}

void parse_as_scram(std::string_view text) {
  sasl::ClientFirst first;
  if (sasl::parse(text, first).empty()) {
    require(first.header + first.bare == text && !first.name.empty() && !first.nonce.empty());
    require(first.binding_type.empty() == (first.binding != sasl::ClientFirst::Binding::required));
    require(is_utf8(first.name) && is_utf8(first.authzid));
  }
  sasl::ClientFinal last;
  if (sasl::parse(text, last).empty()) require(text.starts_with(last.without_proof) && !last.nonce.empty());
}

sasl::Circumstances circumstances() {
  sasl::Circumstances made;
  made.nonce = "nonce";
  made.host = "mail.example.org";
  made.exporter = "bytes";
  return made;
}

sasl::Secrets secrets() {
  sasl::Secrets made;
  made.verifier.salt = made.verifier.server_key = made.shared = std::string(16, 's');
  made.verifier.stored_key = std::string(32, 'k');
  made.verifier.iterations = 4096;
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::vector<std::string_view> lines = split(text, '\n');
  for (const std::string_view line : lines) {
    const auto prepared = sasl::saslprep(line);
    if (prepared) require(is_utf8(*prepared));
    parse_as_scram(line);
    if (const auto decoded = base64_decode(line)) parse_as_scram(*decoded);
  }
  const sasl::Mechanism* mechanism = sasl::find_mechanism(lines.front());
  if (!mechanism) return 0;
  sasl::Exchange exchange(*mechanism, circumstances());
  sasl::Turn turn = exchange.begin(std::nullopt);
  for (std::size_t i = 1; i < lines.size() && turn.kind == sasl::Turn::Kind::challenge; ++i) {
    check(turn);
    turn = exchange.next(lines[i]);
    if (turn.kind != sasl::Turn::Kind::look_up) continue;
    check(turn);
    turn = exchange.know(secrets());
  }
  check(turn);
  return 0;
}
