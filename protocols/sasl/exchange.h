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
