// What MTA-STS says: a domain's word that its servers have TLS, and certificates to be known by (RFC 8461).
// Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postroom::relay {

struct StsPolicy {
  StsPolicy() = default;
  enum class Mode : std::uint8_t {
    none,     ///< as if there were no policy
    testing,  ///< what goes wrong is told, and mail goes all the same
    enforce,  ///< mail goes to no server that is not as the policy says
  };
  Mode mode = Mode::none;
  std::vector<std::string> mx;      ///< hosts in lower case; "*.example.org": any one label before it
  std::chrono::seconds max_age{0};  ///< from when it was fetched

  /// May `host`, a name in lower case, take the domain's mail? RFC 8461 4.1
  bool allows(std::string_view host) const;
};

/// What is known of a domain's policy.
struct FoundStsPolicy {
  FoundStsPolicy() = default;
  std::optional<StsPolicy> policy;  ///< nothing: it has none, as far as can be seen
  bool unsure = false;              ///< none was found, but not all could be asked
};

/// The id of the policy that a domain has, by the TXT records of "_mta-sts" (RFC 8461 3.1). Nothing: it has
/// none, as when two of them say that it does.
std::optional<std::string> parse_sts_records(const std::vector<std::string>& records);

/// A policy as it is fetched (RFC 8461 3.2); nothing: it is none.
std::optional<StsPolicy> parse_sts_policy(std::string_view text);

}  // namespace postroom::relay
