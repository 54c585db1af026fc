// What DNS records hold, out of their RDATA. Pure. Names in it are whole (RFC 1035 3.1), without the pointers
// of RFC 1035 4.1.4: those are undone before.
//
// Nothing comes out of RDATA that is not exactly what its type has.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/relay/resolver.h"

namespace postroom::relay {

/// What can be asked for, and what a host may be called: labels of letters, digits, '-' and '_', none of them
/// longer than 63, together no longer than 253 (RFC 1035 2.3.4). '_' is for _25._tcp and the like.
bool is_dns_name(std::string_view name);

/// RFC 1035 3.3.9; also ".", whose host is empty (RFC 7505 3).
std::optional<Mx> parse_mx(std::string_view rdata);
/// RFC 1035 3.4.1: "192.0.2.1".
std::optional<std::string> parse_a(std::string_view rdata);
/// RFC 3596 2.2: "2001:db8::1".
std::optional<std::string> parse_aaaa(std::string_view rdata);
/// RFC 6698 2.1. Whether its values mean anything is for DANE to say (RFC 7672 3.1).
std::optional<Tlsa> parse_tlsa(std::string_view rdata);
/// RFC 1035 3.3.14, its strings joined without anything between (RFC 7208 3.3).
std::optional<std::string> parse_txt(std::string_view rdata);

}  // namespace postroom::relay
