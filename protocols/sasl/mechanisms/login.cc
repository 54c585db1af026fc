// LOGIN (draft-murchison-sasl-login): name and password, each asked for. Obsolete, and still what some
// clients speak alone.
#include "base/text.h"
#include "protocols/sasl/mechanism.h"

namespace postroom::sasl {
namespace {

class Login : public Conversation {
 public:
  Step step(std::optional<std::string_view> response) override {
    Step step;
    if (!response) return ask("Username:");  // what old clients look for; the draft says "User Name"
    if (!is_utf8(*response)) return step;
    if (!name_) {
      // Also as an initial response: the draft has none, clients send it.
      name_ = *response;
      return ask("Password:");
    }
    if (name_->empty() || response->empty()) return step;
    step.kind = Step::Kind::done;
    step.claim.authenticate_as = *name_;
    step.claim.password = *response;
    return step;
  }

 private:
  static Step ask(std::string_view what) {
    Step step;
    step.kind = Step::Kind::challenge;
    step.challenge = what;
    return step;
  }

  std::optional<std::string> name_;
};

std::unique_ptr<Conversation> start() { return std::make_unique<Login>(); }

}  // namespace

extern constinit const Mechanism login_mechanism{.name = "LOGIN", .plaintext = true, .start = start};

}  // namespace postroom::sasl
