// Mailing lists, the tables list and list_member: what an administrator changes, and whom mail for one goes
// to. As accounts.h: synchronous, each change at once.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/sqlite/connection.h"
#include "storage/types.h"

namespace postroom::sqlite {

/// Members one list may have. A message for a list is stored for all of them by one transaction.
inline constexpr std::size_t kMaxMembers = 5000;

struct ListSettings {
  ListSettings() = default;
  bool anyone = false;  ///< may write to it; otherwise its members only
  std::string owner;    ///< who gets its bounces and questions; empty: the domain's postmaster
};

struct List {
  List() = default;
  std::string address;
  ListSettings settings;
  std::uint64_t members = 0;
};

enum class ListAdded {
  yes,
  exists,
  is_user,
  is_alias,
  no_such_domain,
  invalid,        ///< not an address that a list can have: ASCII, with room for "-bounces" (RFC 2919 2)
  unknown_owner,  ///< the owner is in a domain of ours, and no user and no alias
};
enum class ListChanged { yes, missing, unknown_owner };

ListAdded add_list(Connection& db, std::string_view address, const ListSettings& settings);
/// Without its members; nothing: there is none.
std::optional<List> find_list(Connection& db, std::string_view address);
/// By address.
std::vector<List> all_lists(Connection& db);
ListChanged set_list(Connection& db, std::string_view address, const ListSettings& settings);
/// And aliases and memberships that lead nowhere without it. False: there is none.
bool remove_list(Connection& db, std::string_view address);

struct Joined {
  Joined() = default;
  enum class Outcome {
    yes,
    missing,         ///< there is no such list
    unknown_member,  ///< `member` is in a domain of ours, and no user, alias or list
    itself,          ///< `member` is the list
    too_many,        ///< more than kMaxMembers
  };
  Outcome outcome = Outcome::yes;
  std::string member;     ///< the one refused
  std::size_t added = 0;  ///< the others were members already
};

/// Users, aliases, other lists, or addresses of other servers. All or none.
Joined join_list(Connection& db, std::string_view address, const std::vector<std::string>& members);
/// How many of them were members; nothing: there is no such list.
std::optional<std::size_t> leave_list(Connection& db, std::string_view address,
                                      const std::vector<std::string>& members);
/// By address.
std::vector<std::string> members_of(Connection& db, std::string_view address);

bool is_list(Connection& db, std::string_view address);
/// Whose owner an address stands for that is made of a list's: "team-owner@", "team-request@" (RFC 2142 6) or
/// "team-bounces@". Nothing: it is none.
std::optional<std::string> owned_list(Connection& db, std::string_view address);
/// Within a transaction, after somebody who may have been a member or owner is gone.
void drop_lost_members(Connection& db);

}  // namespace postroom::sqlite
