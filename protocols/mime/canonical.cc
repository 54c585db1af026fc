// Addresses in their one spelling. ICU is asked only where there is more than ASCII.
#include "protocols/mime/canonical.h"

#include <algorithm>
#include <memory>
#include <unicode/idna.h>
#include <unicode/locid.h>
#include <unicode/unistr.h>

#include "base/text.h"
#include "protocols/mime/charset.h"

namespace postroom::mime {
namespace {

constexpr std::size_t kMaxDomain = 253;  // 255 octets as DNS writes it, RFC 1035 2.3.4
constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxLocal = 64;  // RFC 5321 4.5.3.1.1

bool is_alnum(char c) { return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z'); }

/// RFC 5321 4.1.2: sub-domain.
bool is_label(std::string_view label) {
  const auto ldh = [](char c) { return is_alnum(c) || c == '-'; };
  return !label.empty() && label.size() <= kMaxLabel && std::all_of(label.begin(), label.end(), ldh) &&
         label.front() != '-' && label.back() != '-';
}

/// All labels in their ASCII form, xn-- labels checked.
std::optional<std::string> to_a_labels(std::string_view domain) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<icu::IDNA> idna(icu::IDNA::createUTS46Instance(
      UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_USE_STD3_RULES,
      status));
  if (U_FAILURE(status)) return {};
  icu::IDNAInfo info;
  std::string ascii;
  icu::StringByteSink<std::string> sink(&ascii);
  idna->nameToASCII_UTF8(icu::StringPiece(domain.data(), static_cast<std::int32_t>(domain.size())), sink,
                         info, status);
  if (U_FAILURE(status) || info.hasErrors()) return {};
  return ascii;
}

bool has_a_label(std::string_view domain) {
  const auto labels = split(domain, '.');
  return std::any_of(labels.begin(), labels.end(), [](auto label) { return istarts_with(label, "xn--"); });
}

/// RFC 5322 3.2.3 atext, and UTF-8 beyond ASCII (RFC 6531 3.3).
bool is_atext(char c) {
  return is_alnum(c) || static_cast<unsigned char>(c) >= 0x80 ||
         std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool is_dot_string(std::string_view local) {
  if (local.size() > kMaxLocal) return false;
  const auto atoms = split(local, '.');
  return std::all_of(atoms.begin(), atoms.end(), [](std::string_view atom) {
    return !atom.empty() && std::all_of(atom.begin(), atom.end(), is_atext);
  });
}

std::optional<std::string> canonical_local(std::string_view local) {
  if (!is_dot_string(local)) return {};
  if (is_ascii(local)) return lower(local);
  if (!is_utf8(local)) return {};
  icu::UnicodeString text =
      icu::UnicodeString::fromUTF8(icu::StringPiece(local.data(), static_cast<std::int32_t>(local.size())));
  text.toLower(icu::Locale::getRoot());
  std::string lowered;
  text.toUTF8String(lowered);
  std::string out = normal_form(lowered);
  // U+037E becomes a semicolon.
  if (!is_dot_string(out)) return {};
  return out;
}

}  // namespace

std::optional<std::string> canonical_domain(std::string_view domain) {
  constexpr std::size_t kLongestUtf8 = 4 * kMaxDomain;
  if (domain.empty() || domain.size() > kLongestUtf8) return {};
  std::string ascii = lower(domain);
  if (!is_ascii(domain) || has_a_label(domain)) {
    if (!is_utf8(domain)) return {};
    auto converted = to_a_labels(domain);
    if (!converted) return {};
    ascii = *std::move(converted);
  }
  const auto labels = split(ascii, '.');
  if (ascii.size() > kMaxDomain || !std::all_of(labels.begin(), labels.end(), is_label)) return {};
  return ascii;
}

std::optional<std::string> canonical_address(std::string_view address) {
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos) return {};
  auto local = canonical_local(address.substr(0, at));
  auto domain = canonical_domain(address.substr(at + 1));
  if (!local || !domain) return {};
  return *local + "@" + *domain;
}

std::string stored_address(const std::string& address) {
  return canonical_address(address).value_or(address);
}

}  // namespace postroom::mime
