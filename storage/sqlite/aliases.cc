// The table alias.
#include "storage/sqlite/aliases.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "storage/sqlite/accounts.h"
#include "storage/sqlite/address.h"
#include "storage/sqlite/lists.h"

namespace postroom::sqlite {

namespace {

/// Addresses one delivery follows at most, so that a web of aliases costs a bounded time.
constexpr std::size_t kMaxFollowed = 1000;

std::vector<std::string> targets_of(Connection& db, std::string_view address) {
  std::vector<std::string> targets;
  Query query(db, "SELECT target FROM alias WHERE address = ? ORDER BY target", address);
  while (query.step()) targets.push_back(query.text(0));
  return targets;
}

AliasAdded outcome_of(AliasAdded::Outcome outcome, std::string target = {}) {
  AliasAdded result;
  result.outcome = outcome;
  result.target = std::move(target);
  return result;
}

/// Adds one target; yes and exists are successes.
AliasAdded add_target(Connection& db, const std::string& address, std::int64_t domain,
                      std::string_view target) {
  const std::string form = kept_form(db, target);
  if (form == address) return outcome_of(AliasAdded::Outcome::loop, form);
  if (!leads_somewhere(db, form)) return outcome_of(AliasAdded::Outcome::unknown_target, std::string(target));
  const auto leads_to = follow(db, form);
  if (std::find(leads_to.begin(), leads_to.end(), address) != leads_to.end())
    return outcome_of(AliasAdded::Outcome::loop, form);
  if (execute(db, "INSERT OR IGNORE INTO alias(address, target, domain) VALUES(?, ?, ?)", address, form,
              domain) > 0)
    return outcome_of(AliasAdded::Outcome::yes);
  return outcome_of(AliasAdded::Outcome::exists);
}

}  // namespace

bool is_ours(Connection& db, std::string_view domain) {
  return lookup(db, "SELECT 1 FROM domain WHERE name = ?", domain).has_value();
}

bool is_user(Connection& db, std::string_view address) {
  return lookup(db, "SELECT 1 FROM account WHERE address = ?", address).has_value();
}

bool is_alias(Connection& db, std::string_view address) {
  return lookup(db, "SELECT 1 FROM alias WHERE address = ? LIMIT 1", address).has_value();
}

std::vector<std::string> follow(Connection& db, std::string address) {
  std::vector<std::string> followed;
  std::set<std::string, std::less<>> seen;
  seen.insert(address);
  followed.push_back(std::move(address));
  for (std::size_t next = 0; next < followed.size(); ++next) {
    for (std::string& target : targets_of(db, followed[next]))
      if (seen.insert(target).second) followed.push_back(std::move(target));
    if (followed.size() > kMaxFollowed)
      throw StoreFault("alias " + followed.front() + " leads to more than " + std::to_string(kMaxFollowed) +
                       " addresses; use fewer targets");
  }
  return followed;
}

std::string kept_form(Connection& db, std::string_view address) {
  const std::string domain = lower(domain_of(address));
  if (is_ours(db, domain)) return lower(address);
  return std::string(address.substr(0, address.size() - domain.size())) + domain;
}

bool leads_somewhere(Connection& db, const std::string& kept) {
  return !is_ours(db, domain_of(kept)) || is_user(db, kept) || is_alias(db, kept) || is_list(db, kept);
}

AliasAdded add_alias(Connection& db, std::string_view address, const std::vector<std::string>& targets) {
  const auto form = address_form(address);
  if (!form || targets.empty()) return outcome_of(AliasAdded::Outcome::invalid);
  Transaction transaction(db, Transaction::Kind::write);
  if (is_user(db, *form)) return outcome_of(AliasAdded::Outcome::is_user);
  if (is_list(db, *form)) return outcome_of(AliasAdded::Outcome::is_list);
  const auto domain = lookup(db, "SELECT id FROM domain WHERE name = ?", domain_of(*form));
  if (!domain) return outcome_of(AliasAdded::Outcome::no_such_domain);
  auto outcome = AliasAdded::Outcome::exists;
  for (const std::string& target : targets) {
    const AliasAdded added = add_target(db, *form, *domain, target);
    if (added.outcome == AliasAdded::Outcome::yes)
      outcome = added.outcome;
    else if (added.outcome != AliasAdded::Outcome::exists)
      return added;
  }
  follow(db, *form);
  transaction.commit();
  return outcome_of(outcome);
}

std::vector<Alias> list_aliases(Connection& db) {
  std::vector<Alias> aliases;
  Query query(db, "SELECT address, target FROM alias ORDER BY address, target");
  while (query.step()) {
    if (aliases.empty() || aliases.back().address != query.bytes(0)) {
      aliases.emplace_back();
      aliases.back().address = query.text(0);
    }
    aliases.back().targets.push_back(query.text(1));
  }
  return aliases;
}

AliasRemoved remove_alias(Connection& db, std::string_view address) {
  const std::string form = lower(address);
  Transaction transaction(db, Transaction::Kind::write);
  if (execute(db, "DELETE FROM alias WHERE address = ?", form) == 0) return AliasRemoved::missing;
  drop_lost_aliases(db);
  transaction.commit();
  return AliasRemoved::yes;
}

void drop_lost_aliases(Connection& db) {
  // One that is dropped may be another one's target.
  while (execute(db,
                 "DELETE FROM alias WHERE target NOT IN (SELECT address FROM account)"
                 " AND target NOT IN (SELECT address FROM alias) AND target NOT IN (SELECT address FROM list)"
                 " AND substr(target, instr(target, '@') + 1) IN (SELECT name FROM domain)") > 0) {
  }
  drop_lost_members(db);
}

}  // namespace postroom::sqlite
