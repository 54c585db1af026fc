#include "server/relay/sts_policies.h"

#include "base/log.h"
#include "base/signal.h"
#include "base/text.h"
#include "storage/types.h"

namespace postroom::relay {

namespace {

/// While somebody fetches what others need, too, they look so often whether it is there.
constexpr std::chrono::milliseconds kMoment{200};
/// Failures that are remembered, about.
constexpr std::size_t kMostFailures = 1000;

bool is_plain_text(std::string_view type) {
  return iequals(trim(type.substr(0, type.find(';'))), "text/plain");
}

/// Why an answer is no policy (RFC 8461 3.2, 3.3), or nothing.
std::string objection(const Fetched& fetched) {
  constexpr long ok = 200;
  if (fetched.status == 0) return fetched.why.empty() ? "there is no answer" : fetched.why;
  if (fetched.status != ok) return "the server answers with status " + std::to_string(fetched.status);
  if (!is_plain_text(fetched.type)) return "what the server sends is not text/plain";
  if (!parse_sts_policy(fetched.body)) return "what the server sends is no policy";
  return {};
}

}  // namespace

/// A domain whose policy is being fetched.
class StsPolicies::Fetching {
 public:
  Fetching(StsPolicies& policies, const std::string& domain) : policies_(policies), domain_(domain) {
    policies_.fetching_.insert(domain_);
  }
  Fetching(const Fetching&) = delete;
  Fetching& operator=(const Fetching&) = delete;
  ~Fetching() { policies_.fetching_.erase(domain_); }

 private:
  StsPolicies& policies_;
  const std::string& domain_;
};

Task<FoundStsPolicy> StsPolicies::of(std::string domain) {
  const Answer<std::string> records = co_await resolver_.txt("_mta-sts." + domain);
  const std::optional<std::string> id = parse_sts_records(records.records);
  for (;;) {
    const std::optional<KeptStsPolicy> kept = co_await store_.sts_policy(domain);
    const bool fetches = id.has_value() && is_worth_a_fetch(domain, *id, kept);
    if (fetches && fetching_.contains(domain)) {
      const TimePoint soon = runtime_.now() + kMoment;
      co_await sleep_until(runtime_, soon);
      continue;
    }
    FoundStsPolicy found;
    if (fetches) {
      found.policy = co_await fetch(domain, *id);
    }
    if (!found.policy && kept) found.policy = parse_sts_policy(kept->text);
    const bool asked = records.lookup != Lookup::failed && records.lookup != Lookup::bogus;
    found.unsure = !found.policy && (id.has_value() || !asked);
    co_return found;
  }
}

bool StsPolicies::is_worth_a_fetch(const std::string& domain, const std::string& id,
                                   const std::optional<KeptStsPolicy>& kept) const {
  if (kept && kept->id == id && runtime_.wall_now() < kept->fetched + kFresh) return false;
  const auto failure = failures_.find(domain);
  return failure == failures_.end() || failure->second.id != id || failure->second.until <= runtime_.now();
}

/// Nothing: it is not to be had.
Task<std::optional<StsPolicy>> StsPolicies::fetch(const std::string& domain, const std::string& id) {
  const Fetching fetching(*this, domain);
  Fetched fetched = co_await get(domain);
  const std::string why = objection(fetched);
  if (!why.empty()) {
    log::warning("relay.sts_not_fetched", {{"domain", domain}, {"id", id}, {"why", why}});
    note_failure(domain, id);
    co_return std::nullopt;
  }
  failures_.erase(domain);
  std::optional<StsPolicy> policy = parse_sts_policy(fetched.body);
  KeptStsPolicy kept;
  kept.domain = domain;
  kept.id = id;
  kept.text = std::move(fetched.body);
  kept.fetched = runtime_.wall_now();
  kept.until = kept.fetched + policy->max_age;
  co_await keep(std::move(kept));
  co_return policy;
}

Task<Fetched> StsPolicies::get(const std::string& domain) {
  const std::string host = "mta-sts." + domain;
  const TimePoint deadline = runtime_.now() + kFetchTime;
  Answer<std::string> addresses = co_await resolver_.addresses(host);
  if (addresses.lookup != Lookup::found) {
    Fetched nothing;
    nothing.why = host + " has no address" + (addresses.why.empty() ? "" : ": " + addresses.why);
    co_return nothing;
  }
  co_return co_await fetcher_.get(host, "/.well-known/mta-sts.txt", std::move(addresses.records), kMostText,
                                  deadline);
}

/// What cannot be kept counts this time.
Task<> StsPolicies::keep(KeptStsPolicy policy) {
  const std::string domain = policy.domain;
  try {
    co_await store_.keep_sts_policy(std::move(policy));
  } catch (const StoreFault& fault) {
    log::error("relay.store_fault", {{"domain", domain}, {"what", fault.what()}});
  }
}

void StsPolicies::note_failure(const std::string& domain, const std::string& id) {
  const TimePoint now = runtime_.now();
  if (failures_.size() >= kMostFailures)
    std::erase_if(failures_, [now](const auto& failure) { return failure.second.until <= now; });
  if (failures_.size() >= kMostFailures) failures_.clear();
  failures_[domain] = {id, now + kLeftAlone};
}

}  // namespace postroom::relay
