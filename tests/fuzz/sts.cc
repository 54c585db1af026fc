// MTA-STS records and policies as anybody may publish them: what comes out is an id of its alphabet, and
// hosts that can be asked for.
#include "server/relay/sts.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdlib>

#include "base/text.h"
#include "server/relay/dns_records.h"

namespace {

using namespace postroom;

void require(bool condition) {
  if (!condition) std::abort();
}

void check(const relay::StsPolicy& policy) {
  using Mode = relay::StsPolicy::Mode;
  require(policy.max_age >= std::chrono::seconds(0) && policy.max_age <= std::chrono::seconds(31557600));
  require(!policy.mx.empty() || policy.mode == Mode::none);
  for (const std::string& pattern : policy.mx) {
    const bool wild = pattern.starts_with("*.");
    const std::string host = wild ? "a" + pattern.substr(1) : pattern;
    require(pattern == lower(pattern) && policy.allows(host));
    require(relay::is_dns_name(wild ? pattern.substr(2) : pattern));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto id = relay::parse_sts_records({text})) {
    require(!id->empty() && id->size() <= 32 && text.find("id=" + *id) != std::string::npos);
    require(std::ranges::all_of(*id, [](unsigned char c) { return std::isalnum(c) != 0 && c < 128; }));
    require(!relay::parse_sts_records({text, text}));
  }
  if (const auto policy = relay::parse_sts_policy(text)) check(*policy);
  return 0;
}
