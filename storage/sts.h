// MTA-STS policies of other domains, as the store keeps them: what a domain once said counts for as long as
// it said, also when it cannot be asked again (RFC 8461 3.3).
#pragma once

#include <optional>
#include <string>

#include "base/runtime.h"
#include "base/task.h"

namespace postroom {

struct KeptStsPolicy {
  KeptStsPolicy() = default;
  std::string domain;  ///< in lower case
  std::string id;      ///< by which the DNS told of it
  std::string text;    ///< as it was fetched
  WallTime fetched{};
  WallTime until{};
};

/// The part of the store that MTA-STS works on. StoreFault is our own fault, as for Store.
class StsPolicyStore {
 public:
  virtual ~StsPolicyStore() = default;

  /// The one of a domain, if it still counts.
  virtual Task<std::optional<KeptStsPolicy>> sts_policy(std::string domain) = 0;
  /// In place of the one that the domain had. Some that do not count any more go; so do those that end
  /// soonest when there are more than kMost. Returns when that is durable.
  virtual Task<> keep_sts_policy(KeptStsPolicy policy) = 0;

  static constexpr std::size_t kMost = 10'000;
};

}  // namespace postroom
