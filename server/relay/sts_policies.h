// StsPolicies: which MTA-STS policy mail for a domain obeys. It asks the DNS whether there is another one
// than the store has, and fetches it then (RFC 8461 3).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "server/relay/fetcher.h"
#include "server/relay/resolver.h"
#include "server/relay/sts.h"
#include "storage/sts.h"

namespace postroom::relay {

class StsPolicies {
 public:
  StsPolicies(Runtime& runtime, Resolver& resolver, Fetcher& fetcher, StsPolicyStore& store)
      : runtime_(runtime), resolver_(resolver), fetcher_(fetcher), store_(store) {}

  /// The policy of `domain` (in A-labels), which is the one that was kept where nothing newer is to be had.
  /// Throws StoreFault.
  Task<FoundStsPolicy> of(std::string domain);

  /// A policy may be as large as that, and take so long (RFC 8461 3.3).
  static constexpr std::size_t kMostText = 64 << 10;
  static constexpr std::chrono::seconds kFetchTime{60};
  /// What is kept is fetched again after this, long before its time is over, so that nobody can wait for that
  /// and then be in the way (RFC 8461 3.3).
  static constexpr std::chrono::hours kFresh{24};
  /// What could not be fetched is left alone for so long (RFC 8461 3.3).
  static constexpr std::chrono::minutes kLeftAlone{5};

 private:
  struct Failure {
    std::string id;
    TimePoint until;
  };
  class Fetching;

  bool is_worth_a_fetch(const std::string& domain, const std::string& id,
                        const std::optional<KeptStsPolicy>& kept) const;
  Task<std::optional<StsPolicy>> fetch(const std::string& domain, const std::string& id);
  Task<Fetched> get(const std::string& domain);
  Task<> keep(KeptStsPolicy policy);
  void note_failure(const std::string& domain, const std::string& id);

  Runtime& runtime_;
  Resolver& resolver_;
  Fetcher& fetcher_;
  StsPolicyStore& store_;
  std::set<std::string> fetching_;           // domains whose policy somebody is fetching
  std::map<std::string, Failure> failures_;  // by domain
};

}  // namespace postroom::relay
