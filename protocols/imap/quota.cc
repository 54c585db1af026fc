#include "protocols/imap/quota.h"

namespace postroom::imap {

namespace {

/// RFC 9208 5.1. Rounded up, usage and limit alike: what is full looks full.
std::uint64_t in_units(std::uint64_t bytes) {
  constexpr std::uint64_t kUnit = 1024;
  return bytes / kUnit + (bytes % kUnit > 0 ? 1 : 0);
}

}  // namespace

void tell_quota(Wire& wire, const Quota& quota) {
  wire.raw("* QUOTA ").string(kQuotaRoot).raw(" (");
  std::string_view space;
  const auto add = [&](std::string_view resource, std::uint64_t usage, std::uint64_t limit) {
    if (limit == 0) return;
    wire.raw(space).raw(resource).raw(" ").number(usage).raw(" ").number(limit);
    space = " ";
  };
  add("STORAGE", in_units(quota.storage), in_units(quota.limits.storage));
  add("MESSAGE", quota.messages, quota.limits.messages);
  wire.raw(")").crlf();
}

Tagged over_quota() { return no(Code::over_quota, "the account has no room for it"); }

}  // namespace postroom::imap
