#include "storage/sqlite/lists.h"

#include <algorithm>

#include "base/text.h"
#include "storage/sqlite/accounts.h"
#include "storage/sqlite/address.h"
#include "storage/sqlite/aliases.h"

namespace postroom::sqlite {

namespace {

// What is put behind a list's local part makes addresses of its owner.
constexpr std::string_view kSuffixes[] = {"-owner", "-request", "-bounces"};
// RFC 5321 4.5.3.1.1, 4.5.3.1.3
constexpr std::size_t kLongestLocalPart = 64 - std::string_view("-bounces").size();
constexpr std::size_t kLongestPath = 254 - std::string_view("-bounces").size();

std::optional<std::int64_t> id_of(Connection& db, std::string_view address) {
  return lookup(db, "SELECT id FROM list WHERE address = ?", address);
}

/// RFC 2919 2: the list's identifier is made of its address.
std::optional<std::string> list_form(std::string_view address) {
  std::optional<std::string> form = address_form(address);
  if (!form || !is_ascii(*form) || form->size() > kLongestPath || form->rfind('@') > kLongestLocalPart)
    return std::nullopt;
  return form;
}

/// Nothing: nobody would get what is for the owner.
std::optional<std::string> owner_form(Connection& db, const std::string& owner) {
  if (owner.empty()) return owner;
  std::string form = kept_form(db, owner);
  if (!leads_somewhere(db, form) || is_list(db, form)) return std::nullopt;
  return form;
}

List list_row(const Query& row) {
  List list;
  list.address = row.text(0);
  list.settings.anyone = row.integer(1) != 0;
  list.settings.owner = row.text(2);
  list.members = row.as<std::uint64_t>(3);
  return list;
}

Joined joined(Joined::Outcome outcome, std::string member = {}) {
  Joined result;
  result.outcome = outcome;
  result.member = std::move(member);
  return result;
}

}  // namespace

bool is_list(Connection& db, std::string_view address) { return id_of(db, address).has_value(); }

std::optional<std::string> owned_list(Connection& db, std::string_view address) {
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view local = address.substr(0, at);
  for (const std::string_view suffix : kSuffixes) {
    if (!local.ends_with(suffix)) continue;
    std::string list(local.substr(0, local.size() - suffix.size()));
    list += address.substr(at);
    if (is_list(db, list)) return list;
  }
  return std::nullopt;
}

ListAdded add_list(Connection& db, std::string_view address, const ListSettings& settings) {
  const auto form = list_form(address);
  if (!form) return ListAdded::invalid;
  Transaction transaction(db, Transaction::Kind::write);
  if (is_list(db, *form)) return ListAdded::exists;
  if (is_user(db, *form)) return ListAdded::is_user;
  if (is_alias(db, *form)) return ListAdded::is_alias;
  const auto domain = lookup(db, "SELECT id FROM domain WHERE name = ?", domain_of(*form));
  if (!domain) return ListAdded::no_such_domain;
  const auto owner = owner_form(db, settings.owner);
  if (!owner) return ListAdded::unknown_owner;
  execute(db, "INSERT INTO list(address, domain, anyone, owner) VALUES(?, ?, ?, ?)", *form, *domain,
          settings.anyone, *owner);
  transaction.commit();
  return ListAdded::yes;
}

std::optional<List> find_list(Connection& db, std::string_view address) {
  Query row(db,
            "SELECT address, anyone, owner, (SELECT count(*) FROM list_member WHERE list = list.id)"
            " FROM list WHERE address = ?",
            lower(address));
  if (!row.step()) return std::nullopt;
  return list_row(row);
}

std::vector<List> all_lists(Connection& db) {
  std::vector<List> lists;
  Query rows(db,
             "SELECT address, anyone, owner, (SELECT count(*) FROM list_member WHERE list = list.id)"
             " FROM list ORDER BY address");
  while (rows.step()) lists.push_back(list_row(rows));
  return lists;
}

ListChanged set_list(Connection& db, std::string_view address, const ListSettings& settings) {
  Transaction transaction(db, Transaction::Kind::write);
  const auto id = id_of(db, lower(address));
  if (!id) return ListChanged::missing;
  const auto owner = owner_form(db, settings.owner);
  if (!owner) return ListChanged::unknown_owner;
  execute(db, "UPDATE list SET anyone = ?2, owner = ?3 WHERE id = ?1", *id, settings.anyone, *owner);
  transaction.commit();
  return ListChanged::yes;
}

bool remove_list(Connection& db, std::string_view address) {
  Transaction transaction(db, Transaction::Kind::write);
  const auto id = id_of(db, lower(address));
  if (!id) return false;
  execute(db, "DELETE FROM list_member WHERE list = ?", *id);
  execute(db, "DELETE FROM list WHERE id = ?", *id);
  drop_lost_aliases(db);
  transaction.commit();
  return true;
}

Joined join_list(Connection& db, std::string_view address, const std::vector<std::string>& members) {
  const std::string form = lower(address);
  Transaction transaction(db, Transaction::Kind::write);
  const auto id = id_of(db, form);
  if (!id) return joined(Joined::Outcome::missing);
  Joined result;
  for (const std::string& member : members) {
    const std::string kept = kept_form(db, member);
    if (kept == form) return joined(Joined::Outcome::itself, member);
    if (!leads_somewhere(db, kept)) return joined(Joined::Outcome::unknown_member, member);
    if (execute(db, "INSERT OR IGNORE INTO list_member(list, address) VALUES(?, ?)", *id, kept) > 0)
      ++result.added;
  }
  const auto count = lookup(db, "SELECT count(*) FROM list_member WHERE list = ?", *id);
  if (count.value_or(0) > static_cast<std::int64_t>(kMaxMembers)) return joined(Joined::Outcome::too_many);
  transaction.commit();
  return result;
}

std::optional<std::size_t> leave_list(Connection& db, std::string_view address,
                                      const std::vector<std::string>& members) {
  Transaction transaction(db, Transaction::Kind::write);
  const auto id = id_of(db, lower(address));
  if (!id) return std::nullopt;
  std::size_t removed = 0;
  for (const std::string& member : members)
    removed += static_cast<std::size_t>(
        execute(db, "DELETE FROM list_member WHERE list = ? AND address = ?", *id, kept_form(db, member)));
  transaction.commit();
  return removed;
}

std::vector<std::string> members_of(Connection& db, std::string_view address) {
  std::vector<std::string> members;
  Query rows(db,
             "SELECT m.address FROM list l JOIN list_member m ON m.list = l.id WHERE l.address = ?"
             " ORDER BY m.address",
             lower(address));
  while (rows.step()) members.push_back(rows.text(0));
  return members;
}

void drop_lost_members(Connection& db) {
  execute(db,
          "DELETE FROM list_member WHERE address NOT IN (SELECT address FROM account)"
          " AND address NOT IN (SELECT address FROM alias) AND address NOT IN (SELECT address FROM list)"
          " AND substr(address, instr(address, '@') + 1) IN (SELECT name FROM domain)");
  execute(db,
          "UPDATE list SET owner = '' WHERE owner NOT IN (SELECT address FROM account)"
          " AND owner NOT IN (SELECT address FROM alias)"
          " AND substr(owner, instr(owner, '@') + 1) IN (SELECT name FROM domain)");
}

}  // namespace postroom::sqlite
