// PLAIN, RFC 4616: authzid NUL authcid NUL password, in one message.
#include "base/text.h"
#include "protocols/sasl/mechanism.h"

namespace postroom::sasl {
namespace {

class Plain : public Conversation {
 public:
  Turn step(std::optional<std::string_view> response) override {
    Turn turn;
    if (!response) {
      turn.kind = Turn::Kind::challenge;
      return turn;
    }
    // RFC 4616 2: the password too may not hold a NUL, and neither it nor the name may be empty.
    const std::vector<std::string_view> parts = split(*response, '\0');
    if (parts.size() != 3 || parts[1].empty() || parts[2].empty() || !is_utf8(*response)) return turn;
    turn.kind = Turn::Kind::done;
    turn.claim.authzid = parts[0];
    turn.claim.authcid = parts[1];
    turn.claim.password = parts[2];
    return turn;
  }
};

std::unique_ptr<Conversation> start(const Circumstances&) { return std::make_unique<Plain>(); }

}  // namespace

extern constinit const Mechanism plain_mechanism{.name = "PLAIN", .start = start};

}  // namespace postroom::sasl
