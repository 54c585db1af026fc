// CRAM-MD5, RFC 2195: a keyed digest of a challenge. Wants the secret itself, so it is for users who have one
// for APOP.
#include "base/crypto.h"
#include "base/text.h"
#include "protocols/sasl/mechanism.h"

namespace postroom::sasl {
namespace {

class CramMd5 : public Conversation {
 public:
  explicit CramMd5(const Circumstances& circumstances)
      : challenge_("<" + circumstances.nonce + "@" + circumstances.host + ">") {}

  Turn step(std::optional<std::string_view> response) override {
    Turn turn;
    if (!asked_) {
      asked_ = true;
      if (response) return turn;  // RFC 2195 2: the server speaks first
      turn.kind = Turn::Kind::challenge;
      turn.challenge = challenge_;
      return turn;
    }
    // The digest is what follows the last space: a name may have some.
    const std::size_t space = response->rfind(' ');
    if (space == std::string_view::npos || space == 0 || !is_utf8(*response)) return turn;
    claim_.authcid = response->substr(0, space);
    digest_ = lower(response->substr(space + 1));
    turn.kind = Turn::Kind::look_up;
    turn.claim = claim_;
    return turn;
  }

  Turn know(const Secrets& secrets) override {
    Turn turn;
    if (!equal_in_constant_time(hmac_md5_hex(secrets.shared, challenge_), digest_)) return turn;
    turn.kind = Turn::Kind::proven;
    turn.claim = claim_;
    return turn;
  }

 private:
  const std::string challenge_;
  bool asked_ = false;
  Claim claim_;
  std::string digest_;
};

std::unique_ptr<Conversation> start(const Circumstances& circumstances) {
  return std::make_unique<CramMd5>(circumstances);
}

}  // namespace

extern constinit const Mechanism cram_md5_mechanism{.name = "CRAM-MD5", .own_secret = true, .start = start};

}  // namespace postroom::sasl
