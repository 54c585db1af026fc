// The exchange of base64 lines that AUTH and AUTHENTICATE have in common (RFC 4422 3, RFC 4954 4).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "protocols/sasl/mechanism.h"

namespace postroom::sasl {

/// The exchange, from the AUTH or AUTHENTICATE command on: begin() once, next() for each line after a
/// challenge.
class Exchange {
 public:
  Exchange(const Mechanism& mechanism, const Circumstances& circumstances)
      : conversation_(mechanism.start(circumstances)) {}

  /// `initial` is the command's argument as sent: base64, or "=" for an empty one (RFC 4954 4).
  Turn begin(std::optional<std::string_view> initial);
  /// One line without its CRLF.
  Turn next(std::string_view line);
  /// The answer to a look_up.
  Turn know(const Secrets& secrets);

  /// The longest line (with CRLF) a client may send in an exchange (RFC 4954 4).
  static constexpr std::size_t kLineLimit = 12288;

 private:
  Turn step(std::optional<std::string_view> response);
  Turn checked(Turn turn);

  std::unique_ptr<Conversation> conversation_;
  bool refused_ = false;  // and the client was told
};

}  // namespace postroom::sasl
