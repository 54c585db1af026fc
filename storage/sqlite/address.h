// How addresses are compared: in lower case, without what follows '+' in the local part.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postroom::sqlite {

/// Of an address that may come from a peer: the form it is looked up in.
std::string lookup_form(std::string_view address);

/// What follows the last '@'; empty without one.
std::string_view domain_of(std::string_view address);

/// Is the address `wanted`, or one of the domain that `wanted` names with an '@' before it: "@example.org"?
/// In any case.
bool is_wanted(std::string_view address, std::string_view wanted);

/// In lower case, if it can be the name of a domain of ours.
std::optional<std::string> domain_form(std::string_view domain);

/// In lower case, if it can be the address of a user or alias of ours: a dot-string without '+' (RFC
/// 5321 4.1.2, RFC 6531 3.3) at a domain.
std::optional<std::string> address_form(std::string_view address);

}  // namespace postroom::sqlite
