// PLAIN, RFC 4616: authzid NUL authcid NUL password, in one message.
#include "base/text.h"
#include "protocols/sasl/mechanism.h"

namespace postroom::sasl {
namespace {

class Plain : public Conversation {
 public:
  Step step(std::optional<std::string_view> response) override {
    Step step;
    if (!response) {
      step.kind = Step::Kind::challenge;
      return step;
    }
    // RFC 4616 2: the password too may not hold a NUL, and neither it nor the name may be empty.
    const std::vector<std::string_view> parts = split(*response, '\0');
    if (parts.size() != 3 || parts[1].empty() || parts[2].empty() || !is_utf8(*response)) return step;
    step.kind = Step::Kind::done;
    step.claim.authorize_as = parts[0];
    step.claim.authenticate_as = parts[1];
    step.claim.password = parts[2];
    return step;
  }
};

std::unique_ptr<Conversation> start() { return std::make_unique<Plain>(); }

}  // namespace

extern constinit const Mechanism plain_mechanism{.name = "PLAIN", .plaintext = true, .start = start};

}  // namespace postroom::sasl
