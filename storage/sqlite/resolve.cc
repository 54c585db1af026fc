// Where mail for an address goes: to accounts and other servers, by way of aliases and lists.
#include <algorithm>
#include <set>

#include "storage/sqlite/accounts.h"
#include "storage/sqlite/address.h"
#include "storage/sqlite/aliases.h"
#include "storage/sqlite/lists.h"
#include "storage/sqlite/quota.h"

namespace postroom::sqlite {

namespace {

// What a message for one list leads to at most, so that a web of lists costs a bounded time.
constexpr std::size_t kMostLists = 20;
constexpr std::size_t kMostMembers = 2 * kMaxMembers;

/// Empty when there is none.
std::string first_domain(Connection& db) {
  Query query(db, "SELECT name FROM domain ORDER BY id LIMIT 1");
  return query.step() ? query.text(0) : std::string();
}

/// Where aliases end.
struct Ends {
  std::vector<AccountId> accounts;
  std::vector<std::string> outside;
  std::vector<std::string> lists;
};

void add_ends(Connection& db, const std::string& address, Ends& ends) {
  for (const std::string& each : follow(db, address)) {
    const auto account = lookup(db, "SELECT id FROM account WHERE address = ?", each);
    if (account)
      ends.accounts.push_back(AccountId{*account});
    else if (!is_ours(db, domain_of(each)))
      ends.outside.push_back(each);
    else if (is_list(db, each))
      ends.lists.push_back(each);
  }
}

template <class Value>
void once_each(std::vector<Value>& values) {
  std::ranges::sort(values);
  const auto rest = std::ranges::unique(values);
  values.erase(rest.begin(), rest.end());
}

/// Where the members of a list are. Most are accounts.
Ends ends_of_members(Connection& db, std::string_view list) {
  Ends ends;
  std::vector<std::string> others;
  Query members(db,
                "SELECT m.address, a.id FROM list l JOIN list_member m ON m.list = l.id"
                " LEFT JOIN account a ON a.address = m.address WHERE l.address = ?",
                list);
  while (members.step()) {
    if (members.is_null(1))
      others.push_back(members.text(0));
    else
      ends.accounts.push_back(members.as<AccountId>(1));
  }
  for (const std::string& other : others) add_ends(db, other, ends);
  once_each(ends.accounts);
  once_each(ends.outside);
  return ends;
}

/// The owner is whoever an alias of that address leads to; a list cannot own one.
Ends ends_of_owner(Connection& db, std::string_view list) {
  Ends ends;
  Query row(db,
            "SELECT iif(owner = '', 'postmaster@' || substr(address, instr(address, '@') + 1), owner)"
            " FROM list WHERE address = ?",
            list);
  if (row.step()) add_ends(db, row.text(0), ends);
  return ends;
}

/// Adds a list and the lists that are its members, in any depth, each once.
void expand(Connection& db, const std::string& first, std::vector<MailingList>& lists) {
  std::vector<std::string> found{first};
  std::size_t members = 0;
  for (std::size_t next = 0; next < found.size(); ++next) {
    Ends ends = ends_of_members(db, found[next]);
    Ends owner = ends_of_owner(db, found[next]);
    MailingList& list = lists.emplace_back();
    list.address = found[next];
    list.post_to = first;
    list.anyone = lookup(db, "SELECT anyone FROM list WHERE address = ?", list.address).value_or(0) != 0;
    list.accounts = std::move(ends.accounts);
    list.outside = std::move(ends.outside);
    list.owners = std::move(owner.accounts);
    list.owners_outside = std::move(owner.outside);
    for (std::string& inner : ends.lists)
      if (std::ranges::find(found, inner) == found.end()) found.push_back(std::move(inner));
    members += list.accounts.size() + list.outside.size();
    if (found.size() > kMostLists || members > kMostMembers)
      throw StoreFault("list " + first + " leads to more than " + std::to_string(kMostLists) + " lists or " +
                       std::to_string(kMostMembers) + " members by the lists in it");
  }
}

/// The largest room of the accounts.
std::uint64_t room_of(Connection& db, const std::vector<AccountId>& accounts, const QuotaLimits& defaults) {
  std::uint64_t room = 0;
  for (const AccountId account : accounts) {
    const auto limited = lookup(
        db, "SELECT coalesce(storage_limit, ?2) OR coalesce(message_limit, ?3) FROM account WHERE id = ?1",
        account, defaults.storage, defaults.messages);
    if (limited.value_or(0) == 0) return Quota::kRoomForAll;
    room = std::max(room, quota(db, account, defaults).room());
  }
  return room;
}

}  // namespace

Resolved resolve(Connection& db, std::string_view address, const QuotaLimits& defaults) {
  Transaction transaction(db, Transaction::Kind::read);
  Resolved resolved;
  std::string form = lookup_form(address);
  if (form == "postmaster") form += "@" + first_domain(db);
  if (!is_ours(db, domain_of(form))) return resolved;
  Ends ends;
  add_ends(db, form, ends);
  for (const std::string& list : ends.lists) expand(db, list, resolved.lists);
  resolved.accounts = std::move(ends.accounts);
  resolved.outside = std::move(ends.outside);
  const auto nowhere = [&] {
    return resolved.accounts.empty() && resolved.outside.empty() && resolved.lists.empty();
  };
  if (const auto list = nowhere() ? owned_list(db, form) : std::nullopt) {
    Ends owner = ends_of_owner(db, *list);
    resolved.accounts = std::move(owner.accounts);
    resolved.outside = std::move(owner.outside);
  }
  const bool further = !resolved.outside.empty() || !resolved.lists.empty();
  resolved.room = further ? Quota::kRoomForAll : room_of(db, resolved.accounts, defaults);
  resolved.kind = nowhere() ? Resolved::Kind::unknown : Resolved::Kind::mailbox;
  return resolved;
}

}  // namespace postroom::sqlite
