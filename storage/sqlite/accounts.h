// What an administrator changes: domains, users, aliases. Synchronous: the command line runs them in its own
// process, beside a server that is running or not; each takes effect at once.
//
// Open the database with open_database() (schema.h). Addresses and domains are compared in lower case. A
// user's or alias's address has no '+'.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/sqlite/connection.h"
#include "storage/sqlite/schema.h"
#include "storage/types.h"

namespace postroom::sqlite {

enum class DomainAdded { yes, exists, invalid };
enum class DomainRemoved { yes, missing, has_users, has_aliases, has_lists };

DomainAdded add_domain(Connection& db, std::string_view domain);
/// By name.
std::vector<std::string> list_domains(Connection& db);
DomainRemoved remove_domain(Connection& db, std::string_view domain);

/// The limits that an account has of its own; 0: it has no limit. Nothing: what the configuration says.
struct OwnLimits {
  std::optional<std::uint64_t> storage;  ///< bytes
  std::optional<std::uint64_t> messages;
};

struct User {
  User() = default;
  AccountId id{};
  std::string address;
  bool apop = false;  ///< has an APOP secret
  OwnLimits limits;
  WallTime created{};
  std::uint64_t mailboxes = 0;
  std::uint64_t messages = 0;
  std::uint64_t size = 0;  ///< sum of the messages' sizes, in bytes
};

enum class UserAdded { yes, exists, is_alias, is_list, no_such_domain, invalid };
enum class UserRemoved { yes, missing };

/// Also makes INBOX, Drafts, Sent, Junk, Trash and Archive, subscribed. `now` is the time of day.
UserAdded add_user(Connection& db, std::string_view address, const Verifier& verifier,
                   const OwnLimits& limits, WallTime now);
/// By domain, then local part.
std::vector<User> list_users(Connection& db);
std::optional<User> find_user(Connection& db, std::string_view address);
/// The user, and aliases that point nowhere without them, are gone at once; then their mail is removed in
/// short transactions. When interrupted, the next server to start finishes it.
UserRemoved remove_user(Connection& db, std::string_view address);
/// False: no such user.
bool set_password(Connection& db, std::string_view address, const Verifier& verifier);
/// `sealed` as in Credentials::apop_sealed; empty turns APOP off. False: no such user.
bool set_apop(Connection& db, std::string_view address, std::string_view sealed);
/// Does anybody have an APOP secret?
bool any_apop(Connection& db);
/// False: no such user.
bool set_limits(Connection& db, std::string_view address, const OwnLimits& limits);

struct Alias {
  Alias() = default;
  std::string address;
  std::vector<std::string> targets;
};

struct AliasAdded {
  AliasAdded() = default;
  enum class Outcome {
    yes,
    exists,          ///< with all these targets already
    is_user,         ///< the address is a user's
    is_list,         ///< the address is a list's
    no_such_domain,  ///< the alias's domain is not ours
    invalid,         ///< not an address
    unknown_target,  ///< `target` is in a domain of ours, and no user, alias or list
    loop,            ///< `target` leads back to the alias
  };
  Outcome outcome = Outcome::yes;
  std::string target;  ///< the one refused
};
enum class AliasRemoved { yes, missing };

/// Adds targets (users, aliases or lists of ours, or addresses of other servers) to an alias, making it. All
/// or nothing.
AliasAdded add_alias(Connection& db, std::string_view address, const std::vector<std::string>& targets);
/// By address.
std::vector<Alias> list_aliases(Connection& db);
/// And those that lead nowhere without it.
AliasRemoved remove_alias(Connection& db, std::string_view address);
/// Within a transaction, after something that may have been a target is gone: also lists' members.
void drop_lost_aliases(Connection& db);

// What the server asks.

/// As Store::credentials().
std::optional<Credentials> credentials(Connection& db, std::string_view address);
/// As Store::resolve().
Resolved resolve(Connection& db, std::string_view address, const QuotaLimits& defaults = {});

}  // namespace postroom::sqlite
