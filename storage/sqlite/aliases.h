// What addresses stand for here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "storage/sqlite/connection.h"

namespace postroom::sqlite {

bool is_ours(Connection& db, std::string_view domain);
bool is_user(Connection& db, std::string_view address);
bool is_alias(Connection& db, std::string_view address);
/// As the tables keep an address that an administrator names: in lower case, but for local parts of other
/// servers, of which only they know whether case matters (RFC 5321 2.4).
std::string kept_form(Connection& db, std::string_view address);
/// Is it a user's, an alias's, a list's, or on another server?
bool leads_somewhere(Connection& db, const std::string& kept);

/// An address and everything it leads to by aliases, each once. Throws StoreFault when that is too much: mail
/// is refused for a while rather than delivered to some.
std::vector<std::string> follow(Connection& db, std::string address);

}  // namespace postroom::sqlite
