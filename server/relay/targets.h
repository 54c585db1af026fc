// Where mail for a domain goes: the hosts to try, in their order (RFC 5321 5.1).
#pragma once

#include <string>
#include <vector>

#include "base/runtime.h"
#include "server/relay/resolver.h"
#include "server/relay/sts.h"

namespace postroom::relay {

struct Target {
  Target() = default;
  std::string host;                    ///< a name in A-labels, or an address literal in its brackets
  std::vector<std::string> addresses;  ///< of a literal; those of a name are looked up when it is tried
};

struct Targets {
  Targets() = default;
  std::string domain;         ///< whose they are, in A-labels; empty: an address's
  std::vector<Target> hosts;  ///< at most kMaxTargets; none: mail cannot go there, and the rest says why
  bool secure = false;     ///< DNSSEC vouches for the set of hosts, also for an implicit one (RFC 7672 2.2.1)
  FoundStsPolicy sts;      ///< what the domain demands of them, where DANE says nothing
  bool permanent = false;  ///< of a failure: no use in asking again later
  std::string status;      ///< RFC 3463, of a failure
  std::string text;        ///< for people, in ASCII, of a failure
};

inline constexpr std::size_t kMaxTargets = 16;

/// `domain` is what stands behind the '@': a name as people or the DNS write it, or an address literal
/// (RFC 5321 4.1.3). MX hosts come by preference, equal ones in random order. Where there is no MX the domain
/// is its own, if it has an address. `own_host` is us: it and what is no better than it is left out, so that
/// mail cannot go in circles.
Task<Targets> find_targets(Runtime& runtime, Resolver& resolver, std::string domain, std::string own_host);

}  // namespace postroom::relay
