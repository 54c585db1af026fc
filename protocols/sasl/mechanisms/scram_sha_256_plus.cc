// SCRAM-SHA-256-PLUS, RFC 7677: SCRAM-SHA-256 within this TLS connection and no other (RFC 5802 6).
#include "protocols/sasl/mechanism.h"
#include "protocols/sasl/scram_exchange.h"

namespace postroom::sasl {
namespace {

std::unique_ptr<Conversation> start(const Circumstances& circumstances) {
  return std::make_unique<ScramExchange>(circumstances, true);
}

}  // namespace

extern constinit const Mechanism scram_sha_256_plus_mechanism{
    .name = "SCRAM-SHA-256-PLUS", .binding = true, .start = start};

}  // namespace postroom::sasl
