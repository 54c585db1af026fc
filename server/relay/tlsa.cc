// TLSA: see tlsa.h.
#include "server/relay/tlsa.h"

namespace postroom::relay {

namespace {

constexpr std::uint8_t kTrustAnchor = 2;
constexpr std::uint8_t kEndEntity = 3;

/// Does the data fit the matching type? RFC 6698 2.1.3
bool fits(const Tlsa& record) {
  constexpr std::uint8_t full = 0;
  constexpr std::uint8_t sha256 = 1;
  constexpr std::uint8_t sha512 = 2;
  switch (record.matching) {
    case full: return !record.data.empty();
    case sha256: return record.data.size() == 32;
    case sha512: return record.data.size() == 64;
    default: return false;
  }
}

bool usable(const Tlsa& record) {
  const bool usage = record.usage == kTrustAnchor || record.usage == kEndEntity;
  constexpr std::uint8_t certificate = 0;
  constexpr std::uint8_t public_key = 1;
  const bool selector = record.selector == certificate || record.selector == public_key;
  return usage && selector && fits(record);
}

}  // namespace

std::vector<Tlsa> usable_tlsa(std::vector<Tlsa> records) {
  std::erase_if(records, [](const Tlsa& record) { return !usable(record); });
  return records;
}

}  // namespace postroom::relay
