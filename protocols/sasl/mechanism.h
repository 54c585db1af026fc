// SASL (RFC 4422): mechanisms as pure state machines, one file each in mechanisms/, and the exchange of
// base64 lines that SMTP, POP3 and IMAP have in common. Nothing here waits, reads or knows an account.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace postroom::sasl {

/// What a client says it is; nobody has believed it yet. Authenticator::login() finds out.
struct Claim {
  Claim() = default;
  std::string authorize_as;     ///< empty: the same as authenticate_as
  std::string authenticate_as;  ///< the address to log in with
  std::string password;
};

/// What a mechanism answers to the client.
struct Step {
  Step() = default;
  enum class Kind {
    challenge,  ///< send `challenge`, wait for a response
    done,       ///< `claim` is whole
    failed,     ///< not what this mechanism's grammar allows
  };
  Kind kind = Kind::failed;
  std::string challenge;
  Claim claim;
};

/// One run of a mechanism.
class Conversation {
 public:
  virtual ~Conversation() = default;
  /// `response` is decoded. Nothing: the client sent no initial response; this can only be in the first step.
  virtual Step step(std::optional<std::string_view> response) = 0;
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

/// What the protocol has to do next.
struct Turn {
  Turn() = default;
  enum class Kind {
    challenge,  ///< send `challenge` (base64) after "334 " or "+ ", then give the next line to next()
    done,       ///< check `claim`
    cancelled,  ///< the client sent "*": SMTP 501 5.0.0, IMAP BAD, POP3 -ERR
    malformed,  ///< not base64: SMTP 501 5.5.2, IMAP BAD, POP3 -ERR
    failed,     ///< base64, but not what the mechanism allows: as a refused login
  };
  Kind kind = Kind::failed;
  std::string challenge;
  Claim claim;
};

/// The exchange, from the AUTH or AUTHENTICATE command on: begin() once, next() for each line after a
/// challenge.
class Exchange {
 public:
  explicit Exchange(const Mechanism& mechanism) : conversation_(mechanism.start()) {}

  /// `initial` is the command's argument as sent: base64, or "=" for an empty one (RFC 4954 4).
  Turn begin(std::optional<std::string_view> initial);
  /// One line without its CRLF.
  Turn next(std::string_view line);

  /// The longest line (with CRLF) a client may send in an exchange (RFC 4954 4).
  static constexpr std::size_t kLineLimit = 12288;

 private:
  Turn step(std::optional<std::string_view> response);

  std::unique_ptr<Conversation> conversation_;
};

}  // namespace postroom::sasl
