#include "protocols/smtp/outside.h"

#include <algorithm>

#include "base/text.h"
#include "protocols/mime/canonical.h"

namespace postroom::smtp {

namespace {

/// Of a literal that the grammar takes. Other tags than IPv6 stand for networks that nobody has.
std::optional<std::string> canonical_literal(const std::string& literal) {
  constexpr std::string_view kIpv6 = "[IPv6:";
  if (istarts_with(literal, kIpv6)) return std::string(kIpv6) + lower(literal.substr(kIpv6.size()));
  if (literal.find(':') == std::string::npos) return literal;
  return std::nullopt;
}

/// Two labels or more. The last is not a number: an address of IPv4 without its brackets is no name.
std::optional<std::string> qualified_domain(const std::string& domain) {
  std::optional<std::string> name = mime::canonical_domain(domain);
  if (!name) return std::nullopt;
  const std::size_t dot = name->rfind('.');
  if (dot == std::string::npos ||
      std::all_of(name->begin() + static_cast<std::ptrdiff_t>(dot) + 1, name->end(), is_digit))
    return std::nullopt;
  return name;
}

}  // namespace

std::optional<std::string> outside_address(Path recipient) {
  const bool literal = recipient.domain.starts_with('[');
  std::optional<std::string> domain =
      literal ? canonical_literal(recipient.domain) : qualified_domain(recipient.domain);
  if (!domain) return std::nullopt;
  recipient.domain = *std::move(domain);
  return recipient.address();
}

}  // namespace postroom::smtp
