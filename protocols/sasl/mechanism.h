// SASL (RFC 4422): mechanisms as pure state machines, one file each in mechanisms/. Nothing here waits,
// reads or knows an account.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace postroom::sasl {

/// What a client says it is; nobody has believed it yet. Authenticator::authenticate() finds out.
struct Claim {
  Claim() = default;
  std::string authzid;  ///< who to act for (RFC 4616 2); empty: the same as authcid
  std::string authcid;  ///< the address to log in with
  std::string password;
};

/// What the protocol has to do next. A mechanism says one of the first three.
struct Turn {
  Turn() = default;
  enum class Kind {
    challenge,  ///< send `challenge` after "334 " or "+ ", then give the next line to Exchange::next()
    done,       ///< check `claim`
    failed,     ///< base64, but not what the mechanism allows: as a refused login
    cancelled,  ///< the client sent "*": SMTP 501 5.0.0, IMAP BAD, POP3 -ERR
    malformed,  ///< not base64: SMTP 501 5.5.2, IMAP BAD, POP3 -ERR
  };
  Kind kind = Kind::failed;
  std::string challenge;  ///< from a mechanism as it is, from an Exchange in base64
  Claim claim;
};

/// One run of a mechanism.
class Conversation {
 public:
  virtual ~Conversation() = default;
  /// `response` is decoded. Nothing: the client sent no initial response; this can only be in the first step.
  virtual Turn step(std::optional<std::string_view> response) = 0;
};

struct Mechanism {
  std::string_view name;  ///< as clients name it, upper case
  bool plaintext;         ///< shows the password to whoever reads along: only where login_allowed()
  std::unique_ptr<Conversation> (*start)();
};

/// All of mechanisms/, by file name.
std::span<const Mechanism* const> mechanisms();
/// In any case of letters; null: we don't have it.
const Mechanism* find_mechanism(std::string_view name);
/// "LOGIN PLAIN": names for a capability line, `prefix` before each
/// ("AUTH=" in IMAP). Without `plaintext` only those that keep the password to themselves.
std::string mechanism_names(std::string_view prefix, bool plaintext);

}  // namespace postroom::sasl
