// SASL (RFC 4422): mechanisms as pure state machines, one file each in mechanisms/. Nothing here waits,
// reads or knows an account.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "storage/types.h"

namespace postroom::sasl {

/// What a client says it is; nobody has believed it yet. Authenticator::authenticate() finds out.
struct Claim {
  Claim() = default;
  std::string authzid;  ///< who to act for (RFC 4616 2); empty: the same as authcid
  std::string authcid;  ///< the address to log in with
  std::string password;
};

/// What a mechanism checks a proof with.
struct Secrets {
  Secrets() = default;
  Verifier verifier;   ///< of the password
  std::string shared;  ///< what APOP has, too
};

/// What a mechanism has to know of the connection.
struct Circumstances {
  Circumstances() = default;
  std::string nonce;     ///< printable, without a comma; nobody could foresee it, and it never comes again
  std::string host;      ///< what we call ourselves
  std::string exporter;  ///< the channel binding (RFC 5056) that RFC 9266 has; empty: there is none
  bool binding_offered = false;  ///< the client was told of mechanisms with channel binding
};

/// What the protocol has to do next.
struct Turn {
  Turn() = default;
  enum class Kind {
    challenge,  ///< send `challenge` after "334 " or "+ ", then give the next line to Exchange::next()
    look_up,    ///< find the secrets of claim.authcid, or of nobody, for Exchange::know()
    done,       ///< check `claim`
    proven,     ///< it is claim.authcid, if the secrets were anybody's
    failed,     ///< base64, but not what the mechanism allows, or no proof: as a refused login
    cancelled,  ///< the client sent "*": SMTP 501 5.0.0, IMAP BAD, POP3 -ERR. Not from a mechanism
    malformed,  ///< not base64: SMTP 501 5.5.2, IMAP BAD, POP3 -ERR. Not from a mechanism
  };
  Kind kind = Kind::failed;
  std::string challenge;  ///< from a mechanism as it is, from an Exchange in base64
  /// The challenge says that the login has failed, and this is why: whatever the client answers, it has.
  std::string refusal;
  Claim claim;
};

/// One run of a mechanism.
class Conversation {
 public:
  virtual ~Conversation() = default;
  /// `response` is decoded. Nothing: the client sent no initial response; this can only be in the first step.
  virtual Turn step(std::optional<std::string_view> response) = 0;
  /// After a look_up.
  virtual Turn know(const Secrets&) { return Turn(); }
};

/// What a connection is good for.
struct Offer {
  bool login = false;    ///< by the password, however it is shown: login_allowed()
  bool binding = false;  ///< it is under TLS that can be bound to
};

struct Mechanism {
  std::string_view name;  ///< as clients name it, upper case
  bool binding = false;   ///< binds the login to the TLS below it
  bool own_secret =
      false;  ///< wants another secret than the password, which few users have; as APOP, anywhere
  std::unique_ptr<Conversation> (*start)(const Circumstances&);
};

/// All of mechanisms/, by file name.
std::span<const Mechanism* const> mechanisms();
/// In any case of letters; null: we don't have it.
const Mechanism* find_mechanism(std::string_view name);
/// "LOGIN PLAIN": names for a capability line, `prefix` before each ("AUTH=" in IMAP), of what `offer`
/// allows. Never those that want a secret of their own, which clients would take first, and fail for everyone
/// else; nor those with channel binding, which clients take that have none (mutt 2.2 with GNU SASL on
/// TLS 1.3).
std::string mechanism_names(std::string_view prefix, Offer offer);

}  // namespace postroom::sasl
