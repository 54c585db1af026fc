// SASLprep by ICU, whose profile carries RFC 4013's tables.
#include <algorithm>
#include <unicode/usprep.h>
#include <unicode/ustring.h>
#include <vector>

#include "base/text.h"
#include "protocols/sasl/scram.h"

namespace postroom::sasl {

namespace {

// The mappings of RFC 4013 2.1 and NFKC can make a string longer; by so much at most (U+FDFA is 18 units).
constexpr std::size_t kGrowth = 18;

std::optional<std::vector<UChar>> to_utf16(std::string_view text) {
  std::vector<UChar> units(text.size());
  int32_t length = 0;
  UErrorCode status = U_ZERO_ERROR;
  u_strFromUTF8(units.data(), static_cast<int32_t>(units.size()), &length, text.data(),
                static_cast<int32_t>(text.size()), &status);
  if (U_FAILURE(status)) return std::nullopt;
  units.resize(static_cast<std::size_t>(length));
  return units;
}

std::optional<std::string> to_utf8(const std::vector<UChar>& units) {
  std::string text(units.size() * 3, '\0');
  int32_t length = 0;
  UErrorCode status = U_ZERO_ERROR;
  u_strToUTF8(text.data(), static_cast<int32_t>(text.size()), &length, units.data(),
              static_cast<int32_t>(units.size()), &status);
  if (U_FAILURE(status)) return std::nullopt;
  text.resize(static_cast<std::size_t>(length));
  return text;
}

}  // namespace

std::optional<std::string> saslprep(std::string_view text) {
  if (std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; })) return std::string(text);
  if (!is_utf8(text) || text.size() > kMaxPassword) return std::nullopt;
  const std::optional<std::vector<UChar>> units = to_utf16(text);
  if (!units) return std::nullopt;

  UErrorCode status = U_ZERO_ERROR;
  UStringPrepProfile* const profile = usprep_openByType(USPREP_RFC4013_SASLPREP, &status);
  if (U_FAILURE(status)) return std::nullopt;
  std::vector<UChar> prepared(units->size() * kGrowth + 1);
  // Unassigned code points are let through (RFC 4013 2.5, query strings): passwords have emoji that
  // Unicode 3.2 did not know.
  const int32_t length =
      usprep_prepare(profile, units->data(), static_cast<int32_t>(units->size()), prepared.data(),
                     static_cast<int32_t>(prepared.size()), USPREP_ALLOW_UNASSIGNED, nullptr, &status);
  usprep_close(profile);
  if (U_FAILURE(status)) return std::nullopt;
  prepared.resize(static_cast<std::size_t>(length));
  return to_utf8(prepared);
}

}  // namespace postroom::sasl
