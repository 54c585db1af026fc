// SCRAM-SHA-256, RFC 7677: the client shows that it knows the password, and the server that it knows the
// verifier of it.
#include "protocols/sasl/mechanism.h"
#include "protocols/sasl/scram_exchange.h"

namespace postroom::sasl {
namespace {

std::unique_ptr<Conversation> start(const Circumstances& circumstances) {
  return std::make_unique<ScramExchange>(circumstances, false);
}

}  // namespace

extern constinit const Mechanism scram_sha_256_mechanism{.name = "SCRAM-SHA-256", .start = start};

}  // namespace postroom::sasl
