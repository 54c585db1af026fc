// The tables domain and account.
#include "storage/sqlite/accounts.h"

#include <thread>

#include "base/text.h"
#include "storage/sqlite/address.h"
#include "storage/sqlite/contents.h"
#include "storage/sqlite/edits.h"
#include "storage/sqlite/lists.h"
#include "storage/sqlite/mailboxes.h"

namespace postroom::sqlite {

namespace {

std::optional<std::int64_t> find_domain(Connection& db, std::string_view name) {
  return lookup(db, "SELECT id FROM domain WHERE name = ?", name);
}

std::optional<AccountId> find_account(Connection& db, std::string_view address) {
  const auto id = lookup(db, "SELECT id FROM account WHERE address = ?", address);
  if (!id) return std::nullopt;
  return AccountId{*id};
}

void make_first_mailboxes(Connection& db, AccountId account, WallTime now) {
  struct First {
    std::string_view name;
    SpecialUse use;
  };
  static constexpr First kFirst[] = {{"INBOX", SpecialUse::none},  {"Drafts", SpecialUse::drafts},
                                     {"Sent", SpecialUse::sent},   {"Junk", SpecialUse::junk},
                                     {"Trash", SpecialUse::trash}, {"Archive", SpecialUse::archive}};
  std::vector<Change> nobody_looks;
  Write write(db, nobody_looks);
  for (const First& first : kFirst) {
    create_mailbox(write, account, first.name, first.use, now);
    set_subscribed(write, account, first.name, true);
  }
}

std::optional<std::uint64_t> optional_number(const Query& query, int column) {
  if (query.is_null(column)) return std::nullopt;
  return query.as<std::uint64_t>(column);
}

User user_row(const Query& query) {
  User user;
  user.id = query.as<AccountId>(0);
  user.address = query.text(1);
  user.apop = query.integer(2) != 0;
  user.created = WallTime(std::chrono::seconds(query.integer(3)));
  user.mailboxes = query.as<std::uint64_t>(4);
  user.messages = query.as<std::uint64_t>(5);
  user.size = query.as<std::uint64_t>(6);
  user.limits.storage = optional_number(query, 7);
  user.limits.messages = optional_number(query, 8);
  return user;
}

/// As NULL is written by nullif().
constexpr std::uint64_t kNull = ~std::uint64_t{0};

/// Removes what belongs to nobody any more. Others write between the slices.
void sweep(Connection& db) {
  SliceLimit limit;
  for (bool more = true; more;) {
    Transaction transaction(db, Transaction::Kind::write);
    Slice slice(limit);
    more = collect_doomed(db, slice) || collect_garbage(db, 0, EntryOf::nobody, slice).more;
    transaction.commit();
    if (more) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

}  // namespace

DomainAdded add_domain(Connection& db, std::string_view domain) {
  const auto name = domain_form(domain);
  if (!name) return DomainAdded::invalid;
  const bool added = execute(db, "INSERT OR IGNORE INTO domain(name) VALUES(?)", *name) > 0;
  return added ? DomainAdded::yes : DomainAdded::exists;
}

std::vector<std::string> list_domains(Connection& db) {
  std::vector<std::string> names;
  Query query(db, "SELECT name FROM domain ORDER BY name");
  while (query.step()) names.push_back(query.text(0));
  return names;
}

DomainRemoved remove_domain(Connection& db, std::string_view domain) {
  Transaction transaction(db, Transaction::Kind::write);
  const auto id = find_domain(db, lower(domain));
  if (!id) return DomainRemoved::missing;
  if (lookup(db, "SELECT 1 FROM account WHERE domain = ? LIMIT 1", *id)) return DomainRemoved::has_users;
  if (lookup(db, "SELECT 1 FROM alias WHERE domain = ? LIMIT 1", *id)) return DomainRemoved::has_aliases;
  if (lookup(db, "SELECT 1 FROM list WHERE domain = ? LIMIT 1", *id)) return DomainRemoved::has_lists;
  execute(db, "DELETE FROM domain WHERE id = ?", *id);
  transaction.commit();
  return DomainRemoved::yes;
}

UserAdded add_user(Connection& db, std::string_view address, const Verifier& verifier,
                   const OwnLimits& limits, WallTime now) {
  const auto form = address_form(address);
  if (!form) return UserAdded::invalid;
  Transaction transaction(db, Transaction::Kind::write);
  if (find_account(db, *form)) return UserAdded::exists;
  if (lookup(db, "SELECT 1 FROM alias WHERE address = ? LIMIT 1", *form)) return UserAdded::is_alias;
  if (is_list(db, *form)) return UserAdded::is_list;
  const auto domain = find_domain(db, domain_of(*form));
  if (!domain) return UserAdded::no_such_domain;
  execute(db,
          "INSERT INTO account(address, domain, created, salt, iterations, stored_key, server_key)"
          " VALUES(?, ?, ?, ?, ?, ?, ?)",
          *form, *domain, now.time_since_epoch().count(), Blob{verifier.salt}, verifier.iterations,
          Blob{verifier.stored_key}, Blob{verifier.server_key});
  set_limits(db, *form, limits);
  make_first_mailboxes(db, *find_account(db, *form), now);
  transaction.commit();
  return UserAdded::yes;
}

std::vector<User> list_users(Connection& db) {
  std::vector<User> users;
  Query query(db,
              "SELECT a.id, a.address, length(a.apop_sealed), a.created, count(m.id), total(m.messages),"
              " total(m.size), a.storage_limit, a.message_limit FROM account a JOIN domain d ON d.id = "
              "a.domain LEFT JOIN mailbox m ON m.account = a.id"
              " GROUP BY a.id ORDER BY d.name, a.address");
  while (query.step()) users.push_back(user_row(query));
  return users;
}

std::optional<User> find_user(Connection& db, std::string_view address) {
  Query query(db,
              "SELECT a.id, a.address, length(a.apop_sealed), a.created, count(m.id), total(m.messages),"
              " total(m.size), a.storage_limit, a.message_limit FROM account a LEFT JOIN mailbox m ON "
              "m.account = a.id WHERE a.address = ? GROUP BY "
              "a.id",
              lower(address));
  if (!query.step()) return std::nullopt;
  return user_row(query);
}

UserRemoved remove_user(Connection& db, std::string_view address) {
  const std::string form = lower(address);
  {
    Transaction transaction(db, Transaction::Kind::write);
    const auto account = find_account(db, form);
    if (!account) return UserRemoved::missing;
    std::vector<Change> nobody_looks;
    Write write(db, nobody_looks);
    for (const MailboxInfo& mailbox : mailboxes(db, *account)) doom(write, mailbox.status.id);
    execute(db, "DELETE FROM subscription WHERE account = ?", *account);
    execute(db, "DELETE FROM keyword WHERE account = ?", *account);
    execute(db, "DELETE FROM thread WHERE account = ?", *account);
    execute(db, "DELETE FROM account WHERE id = ?", *account);
    drop_lost_aliases(db);
    transaction.commit();
  }
  sweep(db);
  return UserRemoved::yes;
}

bool set_password(Connection& db, std::string_view address, const Verifier& verifier) {
  return execute(
             db,
             "UPDATE account SET salt = ?, iterations = ?, stored_key = ?, server_key = ? WHERE address = ?",
             Blob{verifier.salt}, verifier.iterations, Blob{verifier.stored_key}, Blob{verifier.server_key},
             lower(address)) > 0;
}

bool set_apop(Connection& db, std::string_view address, std::string_view sealed) {
  return execute(db, "UPDATE account SET apop_sealed = ? WHERE address = ?", Blob{sealed}, lower(address)) >
         0;
}

bool any_apop(Connection& db) {
  return lookup(db, "SELECT 1 FROM account WHERE length(apop_sealed) > 0 LIMIT 1").has_value();
}

bool set_limits(Connection& db, std::string_view address, const OwnLimits& limits) {
  return execute(db,
                 "UPDATE account SET storage_limit = nullif(?2, -1), message_limit = nullif(?3, -1)"
                 " WHERE address = ?1",
                 lower(address), limits.storage.value_or(kNull), limits.messages.value_or(kNull)) > 0;
}

std::optional<Credentials> credentials(Connection& db, std::string_view address) {
  Query query(db,
              "SELECT id, address, salt, iterations, stored_key, server_key, apop_sealed FROM account WHERE "
              "address = ?",
              lower(address));
  if (!query.step()) return std::nullopt;
  Credentials found;
  found.account = query.as<AccountId>(0);
  found.address = query.text(1);
  found.verifier.salt = query.text(2);
  found.verifier.iterations = query.as<std::uint32_t>(3);
  found.verifier.stored_key = query.text(4);
  found.verifier.server_key = query.text(5);
  found.apop_sealed = query.text(6);
  return found;
}

}  // namespace postroom::sqlite
