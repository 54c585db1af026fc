// What is kept of a password: the salted verifier of SCRAM-SHA-256 (RFC 5802 3, RFC 7677), good for checking
// a password and for SCRAM itself. Slow on purpose: call on Lane::hash only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "storage/types.h"

namespace postroom::sasl {

/// New verifiers are made with these. RFC 7677 4 asks for 4096 at least; clients by Cyrus SASL refuse more
/// than this.
inline constexpr std::uint32_t kIterations = 65'536;
inline constexpr std::size_t kSaltSize = 16;
/// Longer passwords are refused, so that nobody makes us hash megabytes.
inline constexpr std::size_t kMaxPassword = 1024;

/// Nothing when the password is empty, too long, or holds what saslprep() does not allow.
std::optional<Verifier> make_verifier(std::string_view password, std::string_view salt,
                                      std::uint32_t iterations);

/// Is it the password `verifier` was made of? In a time that depends on the iterations only.
bool verify(std::string_view password, const Verifier& verifier);

/// SASLprep (RFC 4013) of a query string: one spelling for each password. Nothing when it holds a prohibited
/// character or is not UTF-8.
std::optional<std::string> saslprep(std::string_view text);

}  // namespace postroom::sasl
