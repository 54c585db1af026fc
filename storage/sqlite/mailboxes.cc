// The tables mailbox, subscription and keyword.
#include "storage/sqlite/mailboxes.h"

#include <algorithm>

#include "base/text.h"

namespace postroom::sqlite {

namespace {

constexpr std::string_view kInbox = "INBOX";

bool is_allowed(std::string_view name) {
  if (name.empty() || name.size() > kMaxName || !is_utf8(name)) return false;
  if (std::any_of(name.begin(), name.end(),
                  [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }))
    return false;
  const auto levels = split(name, '/');
  return std::none_of(levels.begin(), levels.end(), [](std::string_view level) { return level.empty(); });
}

/// Below `name` are the names from name + '/' up to, not including, name + '0', which follows '/' in ASCII.
std::string below_begin(std::string_view name) { return std::string(name) + '/'; }
std::string below_end(std::string_view name) { return std::string(name) + '0'; }

/// RFC 3501 2.3.1.1: rises, so that it may stand for the time; never the same twice in this database.
std::uint32_t next_uid_validity(Connection& db, WallTime now) {
  Query query(db, "UPDATE uid_validity SET last = max(last + 1, ?) RETURNING last",
              now.time_since_epoch().count());
  query.step();
  const auto value = query.as<std::uint32_t>(0);
  return value;
}

void insert_mailbox(Connection& db, AccountId account, std::string_view name, SpecialUse use, WallTime now) {
  const std::uint32_t uid_validity = next_uid_validity(db, now);
  execute(db, "INSERT INTO mailbox(account, name, special_use, uid_validity) VALUES(?, ?, ?, ?)", account,
          name, use, uid_validity);
}

/// Those of the parents of a name that are missing, from the top.
std::vector<std::string_view> missing_parents(Connection& db, AccountId account, std::string_view name) {
  std::vector<std::string_view> missing;
  for (std::size_t slash = name.find('/'); slash != name.npos; slash = name.find('/', slash + 1))
    if (!find_mailbox(db, account, name.substr(0, slash))) missing.push_back(name.substr(0, slash));
  return missing;
}

bool has_room(Connection& db, AccountId account, std::size_t more) {
  const auto count = lookup(db, "SELECT count(*) FROM mailbox WHERE account = ?", account).value_or(0);
  return static_cast<std::size_t>(count) + more <= kMaxMailboxes;
}

MailboxStatus status_row(const Query& query) {
  MailboxStatus status;
  status.id = query.as<MailboxId>(0);
  status.uid_validity = query.as<std::uint32_t>(1);
  status.uid_next = query.as<Uid>(2);
  status.first_recent = query.as<Uid>(3);
  status.highest_modseq = query.as<ModSeq>(4);
  status.messages = query.as<std::uint64_t>(5);
  status.unseen = query.as<std::uint64_t>(6);
  status.deleted = query.as<std::uint64_t>(7);
  status.deleted_size = query.as<std::uint64_t>(8);
  status.size = query.as<std::uint64_t>(9);
  return status;
}

bool is_account(Connection& db, AccountId account) {
  return lookup(db, "SELECT 1 FROM account WHERE id = ?", account).has_value();
}

bool is_subscribed(Connection& db, AccountId account, std::string_view name) {
  return lookup(db, "SELECT 1 FROM subscription WHERE account = ? AND name = ?", account, name).has_value();
}

bool has_children(Connection& db, AccountId account, std::string_view name) {
  const std::string begin = below_begin(name);
  const std::string end = below_end(name);
  return lookup(db, "SELECT 1 FROM mailbox WHERE account = ? AND name >= ? AND name < ? LIMIT 1", account,
                begin, end)
      .has_value();
}

}  // namespace

std::string canonical_name(std::string_view name) {
  std::string canonical(name);
  if (istarts_with(name, kInbox) && (name.size() == kInbox.size() || name[kInbox.size()] == '/'))
    canonical.replace(0, kInbox.size(), kInbox);
  return canonical;
}

std::optional<MailboxId> find_mailbox(Connection& db, AccountId account, std::string_view name) {
  const auto id = lookup(db, "SELECT id FROM mailbox WHERE account = ? AND name = ?", account, name);
  if (!id) return std::nullopt;
  return MailboxId{*id};
}

std::vector<MailboxInfo> mailboxes(Connection& db, AccountId account) {
  std::vector<MailboxInfo> all;
  Query query(db,
              "SELECT id, uid_validity, uid_next, first_recent, highest_modseq, messages, unseen, deleted,"
              " deleted_size, size, name, special_use FROM mailbox WHERE account = ? ORDER BY name",
              account);
  while (query.step()) {
    MailboxInfo info;
    info.status = status_row(query);
    info.name = query.text(10);
    info.special_use = query.as<SpecialUse>(11);
    all.push_back(std::move(info));
  }
  return all;
}

std::vector<std::string> subscriptions(Connection& db, AccountId account) {
  std::vector<std::string> all;
  Query query(db, "SELECT name FROM subscription WHERE account = ? ORDER BY name", account);
  while (query.step()) all.push_back(query.text(0));
  return all;
}

Subscribed set_subscribed(Write& write, AccountId account, std::string_view name, bool subscribed) {
  if (!subscribed) {
    execute(write.db, "DELETE FROM subscription WHERE account = ? AND name = ?", account, name);
    return Subscribed::yes;
  }
  if (!is_account(write.db, account) || is_subscribed(write.db, account, name)) return Subscribed::yes;
  const auto count =
      lookup(write.db, "SELECT count(*) FROM subscription WHERE account = ?", account).value_or(0);
  if (count >= static_cast<std::int64_t>(kMaxSubscriptions) || name.size() > kMaxName)
    return Subscribed::too_many;
  execute(write.db, "INSERT INTO subscription(account, name) VALUES(?, ?)", account, name);
  return Subscribed::yes;
}

Created create_mailbox(Write& write, AccountId account, std::string_view name, SpecialUse use, WallTime now) {
  if (!is_allowed(name)) return Created::invalid;
  if (find_mailbox(write.db, account, name)) return Created::exists;
  if (!is_account(write.db, account)) return Created::invalid;
  const auto parents = missing_parents(write.db, account, name);
  if (!has_room(write.db, account, parents.size() + 1)) return Created::too_many;
  for (const std::string_view parent : parents)
    insert_mailbox(write.db, account, parent, SpecialUse::none, now);
  insert_mailbox(write.db, account, name, use, now);
  return Created::yes;
}

void doom(Write& write, MailboxId mailbox) {
  execute(write.db, "INSERT INTO doomed(mailbox) VALUES(?)", mailbox);
  execute(write.db, "DELETE FROM mailbox WHERE id = ?", mailbox);
  write.gone(mailbox);
}

Deleted delete_mailbox(Write& write, AccountId account, std::string_view name) {
  const auto mailbox = find_mailbox(write.db, account, name);
  if (!mailbox || name == kInbox) return Deleted::missing;
  if (has_children(write.db, account, name)) return Deleted::has_children;
  doom(write, *mailbox);
  return Deleted::yes;
}

Renamed rename_mailbox(Write& write, AccountId account, std::string_view from, std::string_view to,
                       WallTime now) {
  Connection& db = write.db;
  const auto mailbox = find_mailbox(db, account, from);
  if (!mailbox) return Renamed::missing;
  if (!is_allowed(to)) return Renamed::invalid;
  if (find_mailbox(db, account, to)) return Renamed::exists;
  const std::string begin = below_begin(from);
  const std::string end = below_end(from);
  const auto longest = lookup(db,
                              "SELECT max(length(CAST(name AS BLOB))) FROM mailbox"
                              " WHERE account = ? AND name >= ? AND name < ?",
                              account, begin, end);
  if (static_cast<std::size_t>(longest.value_or(0)) + to.size() > kMaxName + from.size())
    return Renamed::invalid;
  // One more, since a mailbox that moves below itself leaves its name to be made again.
  if (!has_room(db, account, missing_parents(db, account, to).size() + 1)) return Renamed::too_many;
  execute(db,
          "UPDATE mailbox SET name = ?4 || substr(name, length(?5) + 1)"
          " WHERE account = ?1 AND name >= ?2 AND name < ?3",
          account, begin, end, to, from);
  execute(db, "UPDATE mailbox SET name = ?2 WHERE id = ?1", *mailbox, to);
  for (const std::string_view parent : missing_parents(db, account, to))
    insert_mailbox(db, account, parent, SpecialUse::none, now);
  return Renamed::yes;
}

std::optional<MailboxStatus> status(Connection& db, AccountId account, std::string_view name) {
  Query query(db,
              "SELECT id, uid_validity, uid_next, first_recent, highest_modseq, messages, unseen, deleted,"
              " deleted_size, size FROM mailbox WHERE account = ? AND name = ?",
              account, name);
  if (!query.step()) return std::nullopt;
  return status_row(query);
}

void read_attributes(Connection& db, AccountId account, std::string_view name, MailboxSnapshot& snapshot) {
  snapshot.special_use = static_cast<SpecialUse>(
      lookup(db, "SELECT special_use FROM mailbox WHERE id = ?", snapshot.status.id).value_or(0));
  snapshot.has_children = has_children(db, account, name);
  snapshot.subscribed = is_subscribed(db, account, name);
}

Uid first_recent(Connection& db, MailboxId mailbox) {
  return static_cast<Uid>(
      lookup(db, "SELECT first_recent FROM mailbox WHERE id = ?", mailbox).value_or(~Uid{0}));
}

std::vector<std::uint64_t> count_recent(Connection& db, const std::vector<MailboxId>& mailboxes) {
  std::vector<std::uint64_t> counts;
  Query query(db,
              "SELECT count(*) FROM message"
              " WHERE mailbox = ?1 AND uid >= (SELECT first_recent FROM mailbox WHERE id = ?1)",
              MailboxId{});
  for (const MailboxId mailbox : mailboxes) {
    query.rebind(mailbox);
    query.step();
    counts.push_back(query.as<std::uint64_t>(0));
  }
  return counts;
}

Uid claim_recent(Write& write, MailboxId mailbox, Uid last) {
  const Uid first = first_recent(write.db, mailbox);
  if (first <= last) execute(write.db, "UPDATE mailbox SET first_recent = ? + 1 WHERE id = ?", last, mailbox);
  return first;
}

std::vector<std::string> keywords(Connection& db, AccountId account) {
  std::vector<std::string> all;
  Query query(db, "SELECT name FROM keyword WHERE account = ? ORDER BY number", account);
  while (query.step()) all.push_back(query.text(0));
  return all;
}

std::optional<Flags> known_keywords(Connection& db, AccountId account,
                                    const std::vector<std::string>& names) {
  Flags flags;
  for (const std::string& name : names) {
    const auto number =
        lookup(db, "SELECT number FROM keyword WHERE account = ? AND name = ?", account, name);
    if (!number) return std::nullopt;
    flags.bits |= Flags::keyword(static_cast<unsigned>(*number));
  }
  return flags;
}

std::optional<Flags> register_keywords(Write& write, AccountId account,
                                       const std::vector<std::string>& names) {
  Flags flags;
  std::vector<std::string_view> fresh;
  const auto count = lookup(write.db, "SELECT count(*) FROM keyword WHERE account = ?", account).value_or(0);
  auto number = static_cast<unsigned>(count);
  for (const std::string& name : names) {
    if (number + fresh.size() > Flags::max_keywords) return std::nullopt;
    const auto known =
        lookup(write.db, "SELECT number FROM keyword WHERE account = ? AND name = ?", account, name);
    if (known)
      flags.bits |= Flags::keyword(static_cast<unsigned>(*known));
    else if (std::none_of(fresh.begin(), fresh.end(),
                          [&](std::string_view each) { return iequals(each, name); }))
      fresh.push_back(name);
  }
  if (number + fresh.size() > Flags::max_keywords || !is_account(write.db, account)) return std::nullopt;
  for (const std::string_view name : fresh) {
    execute(write.db, "INSERT INTO keyword(account, number, name) VALUES(?, ?, ?)", account, number, name);
    flags.bits |= Flags::keyword(number++);
  }
  return flags;
}

}  // namespace postroom::sqlite
