// An StsPolicyStore in memory.
#pragma once

#include <map>
#include <string>

#include "storage/sts.h"
#include "storage/types.h"

namespace postroom::testing {

class FakeStsStore : public StsPolicyStore {
 public:
  explicit FakeStsStore(Runtime& runtime) : runtime_(runtime) {}

  std::map<std::string, KeptStsPolicy> kept;
  bool full = false;

  Task<std::optional<KeptStsPolicy>> sts_policy(std::string domain) override {
    const auto found = kept.find(domain);
    if (found == kept.end() || found->second.until <= runtime_.wall_now()) co_return std::nullopt;
    co_return found->second;
  }
  Task<> keep_sts_policy(KeptStsPolicy policy) override {
    if (full) throw StoreFault("the disk is full");
    kept[policy.domain] = std::move(policy);
    co_return;
  }

 private:
  Runtime& runtime_;
};

}  // namespace postroom::testing
