#include "server/relay/targets.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <span>
#include <utility>

#include "base/text.h"
#include "protocols/mime/canonical.h"

namespace postroom::relay {

namespace {

Targets failure(bool permanent, std::string_view status, std::string text) {
  Targets targets;
  targets.permanent = permanent;
  targets.status = status;
  targets.text = std::move(text);
  return targets;
}

/// RFC 5321 4.1.3; the address as inet_ntop writes it.
Targets literal_target(const std::string& domain) {
  std::string text = domain.substr(1, domain.size() - 2);
  const bool v6 = istarts_with(text, "IPv6:");
  if (v6) text.erase(0, 5);
  const int family = v6 ? AF_INET6 : AF_INET;
  std::array<unsigned char, sizeof(in6_addr)> address;
  std::array<char, INET6_ADDRSTRLEN> canonical;
  const bool whole = domain.ends_with(']') && text.find('\0') == std::string::npos;
  if (!whole || inet_pton(family, text.c_str(), address.data()) != 1 ||
      inet_ntop(family, address.data(), canonical.data(), canonical.size()) == nullptr)
    return failure(true, "5.1.2", "this is no address that mail could be sent to");
  Targets targets;
  Target& target = targets.hosts.emplace_back();
  target.host = domain;
  target.addresses.emplace_back(canonical.data());
  return targets;
}

/// Of a lookup that gives no answer, or the answer that there is no such name.
template <class Record>
Targets failed(const std::string& domain, const Answer<Record>& answer) {
  if (answer.lookup == Lookup::no_name) return failure(true, "5.1.2", "there is no domain " + domain);
  const std::string why = answer.why.empty() ? "" : ": " + answer.why;
  if (answer.lookup == Lookup::bogus)
    return failure(false, "4.7.5", "what the DNS says of " + domain + " is not what its owner signed" + why);
  return failure(false, "4.4.3", "the DNS does not say where mail for " + domain + " goes" + why);
}

/// By preference, and at random among equal ones, so that they share the work (RFC 5321 5.1).
void sort(Runtime& runtime, std::vector<Mx>& records) {
  struct Ranked {
    std::uint32_t chance = 0;
    Mx mx;
  };
  std::vector<Ranked> ranked(records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    runtime.random(std::as_writable_bytes(std::span(&ranked[i].chance, 1)));
    ranked[i].mx = std::move(records[i]);
  }
  std::ranges::sort(ranked, {}, [](const Ranked& r) { return std::pair(r.mx.preference, r.chance); });
  std::ranges::transform(ranked, records.begin(), [](Ranked& r) { return std::move(r.mx); });
}

/// Sorted ones, without us and those that we are as good as (RFC 5321 5.1). "localhost" is us, too: there are
/// domains whose MX says so.
void leave_out_own(std::vector<Mx>& records, const std::string& own_host) {
  const auto own = std::ranges::find_if(
      records, [&](const Mx& mx) { return mx.host == own_host || mx.host == "localhost"; });
  if (own == records.end()) return;
  const std::uint16_t limit = own->preference;
  std::erase_if(records, [limit](const Mx& mx) { return mx.preference >= limit; });
}

Targets by_mx(Runtime& runtime, const std::string& domain, Answer<Mx> answer, const std::string& own_host) {
  std::vector<Mx>& records = answer.records;
  // RFC 7505 3: it stands alone; beside others it means nothing.
  if (std::erase_if(records, [](const Mx& mx) { return mx.host.empty(); }) > 0 && records.empty())
    return failure(true, "5.1.10", "the domain " + domain + " takes no mail");
  sort(runtime, records);
  leave_out_own(records, own_host);
  if (records.empty())
    return failure(true, "5.4.6",
                   "the domain " + domain + " sends its mail to this server, which does not serve it");
  Targets targets;
  targets.domain = domain;
  targets.secure = answer.secure;
  for (Mx& mx : records) {
    if (targets.hosts.size() == kMaxTargets) break;
    if (std::ranges::find(targets.hosts, mx.host, &Target::host) != targets.hosts.end()) continue;
    targets.hosts.emplace_back().host = std::move(mx.host);
  }
  return targets;
}

}  // namespace

Task<Targets> find_targets(Runtime& runtime, Resolver& resolver, std::string domain, std::string own_host) {
  if (domain.starts_with('[')) co_return literal_target(domain);
  const std::optional<std::string> name = mime::canonical_domain(domain);
  if (!name) co_return failure(true, "5.1.2", "what stands behind the @ is no domain");
  Answer<Mx> answer = co_await resolver.mx(*name);
  if (answer.lookup == Lookup::no_data) {
    const Answer<std::string> addresses = co_await resolver.addresses(*name);
    if (addresses.lookup == Lookup::no_data)
      co_return failure(true, "5.1.2",
                        "the domain " + *name + " has neither a mail server nor an address in the DNS");
    if (addresses.lookup != Lookup::found) co_return failed(*name, addresses);
    answer.records.emplace_back(0, *name);
  } else if (answer.lookup != Lookup::found || answer.records.empty()) {
    co_return failed(*name, answer);
  }
  co_return by_mx(runtime, *name, std::move(answer), lower(own_host));
}

}  // namespace postroom::relay
