// LOGIN (draft-murchison-sasl-login): name and password, each asked for. Obsolete, and still what some
// clients speak alone.
#include "base/text.h"
#include "protocols/sasl/mechanism.h"

namespace postroom::sasl {
namespace {

class Login : public Conversation {
 public:
  Turn step(std::optional<std::string_view> response) override {
    Turn turn;
    if (!response) return ask("Username:");  // what old clients look for; the draft says "User Name"
    if (!is_utf8(*response)) return turn;
    if (!name_) {
      // Also as an initial response: the draft has none, clients send it.
      name_ = *response;
      return ask("Password:");
    }
    if (name_->empty() || response->empty()) return turn;
    turn.kind = Turn::Kind::done;
    turn.claim.authcid = *name_;
    turn.claim.password = *response;
    return turn;
  }

 private:
  static Turn ask(std::string_view what) {
    Turn turn;
    turn.kind = Turn::Kind::challenge;
    turn.challenge = what;
    return turn;
  }

  std::optional<std::string> name_;
};

std::unique_ptr<Conversation> start(const Circumstances&) { return std::make_unique<Login>(); }

}  // namespace

extern constinit const Mechanism login_mechanism{.name = "LOGIN", .start = start};

}  // namespace postroom::sasl
