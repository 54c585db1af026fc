// One spelling for each address, so that the store can compare bytes: the domain as DNS has it (A-labels in
// lower case), the local part in lower case and normalised.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postroom::mime {

/// "Bücher.Example" and "XN--BCHER-KVA.example" are both "xn--bcher-kva.example" (RFC 5890, UTS #46). Nothing
/// when it is no domain: RFC 5321 4.1.2, without address literals, and no longer than DNS allows.
std::optional<std::string> canonical_domain(std::string_view domain);

/// A dot-string local part (RFC 5321 4.1.2, UTF-8 as in RFC 6531 3.3) and a domain. Nothing when it is no
/// address.
std::optional<std::string> canonical_address(std::string_view address);

/// An address as the store has it: canonical where it is one, else as it is. A domain may be typed as people
/// write it or as DNS has it (RFC 6531 3.2).
std::string stored_address(const std::string& address);

}  // namespace postroom::mime
