// postroom user: the people who have mail here, their passwords and APOP secrets.
#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <ostream>

#include "base/crypto.h"
#include "base/text.h"
#include "protocols/sasl/scram.h"
#include "server/cli_data.h"

namespace postroom::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kPasswordLength = 16;  // 93 bits
// An APOP exchange can be attacked off line with a fast hash: more bits than anybody can try, and from people
// no less than this (RFC 1939 7 wants "considerably longer than 8 characters").
constexpr std::size_t kSecretLength = 24;
constexpr std::size_t kShortestSecret = 12;
// RFC 9208 3.1.2
constexpr std::uint64_t kLargestLimit = std::numeric_limits<std::int64_t>::max();

Failure no_such_user(const std::string& address) {
  return Failure("there is no user " + address + "; see: postroom user list");
}

/// A password or secret as it was given or made.
struct Secret {
  std::string text;
  bool generated;
};

Secret password_from(const Terminal& terminal, const Arguments& arguments) {
  if (arguments.has("--password-stdin")) return {read_secret(terminal, "Password"), false};
  return {random_password(kPasswordLength), true};
}

Verifier verifier_of(const std::string& password) {
  const auto made = sasl::make_verifier(password, random_bytes(sasl::kSaltSize), sasl::kIterations);
  if (!made) {
    throw Misuse("this password cannot be used: it is UTF-8 text of up to " +
                 std::to_string(sasl::kMaxPassword) + " bytes without control characters");
  }
  return *made;
}

/// Tells what was done and, this once, a generated secret.
void tell(const Terminal& terminal, const Arguments& arguments, const std::string& address,
          std::string_view done, const std::string& name, const Secret& secret) {
  if (arguments.has("--json")) {
    Json json{{"address", address}};
    if (secret.generated) json[name] = secret.text;
    terminal.out << json.dump(2) << "\n";
    return;
  }
  terminal.out << done << "\n";
  if (secret.generated) terminal.out << name << ": " << secret.text << "\n";
}

void check_added(sqlite::UserAdded added, const std::string& address) {
  const std::string domain(domain_of(address));
  switch (added) {
    case sqlite::UserAdded::exists:
      throw Failure("user " + address + " is there already; for another password: postroom user password " +
                    address);
    case sqlite::UserAdded::is_alias:
      throw Failure(address + " is an alias; remove it first with: postroom alias remove " + address);
    case sqlite::UserAdded::is_list:
      throw Failure(address + " is a list; remove it first with: postroom list remove " + address);
    case sqlite::UserAdded::no_such_domain:
      throw Failure("domain " + domain + " is not served here; add it with: postroom domain add " + domain);
    case sqlite::UserAdded::invalid: throw Failure("\"" + address + "\" is not an address");
    case sqlite::UserAdded::yes: break;
  }
}

std::string postmaster_of(const std::string& address) {
  return "postmaster@" + std::string(domain_of(address));
}

bool has_users(sqlite::Connection& db, std::string_view domain) {
  const auto users = sqlite::list_users(db);
  return std::any_of(users.begin(), users.end(),
                     [&](const sqlite::User& user) { return domain_of(user.address) == domain; });
}

bool reaches_somebody(sqlite::Connection& db, const std::string& address) {
  return sqlite::resolve(db, address).kind == Resolved::Kind::mailbox;
}

/// "default" gives nothing, "none" 0.
std::optional<std::uint64_t> limit_argument(const std::string& text, const char* form,
                                            std::optional<std::uint64_t> (*parse)(std::string_view)) {
  if (text.empty() || text == "default") return std::nullopt;
  if (text == "none") return 0;
  const auto limit = parse(text);
  if (limit && *limit > 0 && *limit <= kLargestLimit) return limit;
  throw Misuse("\"" + text + "\" is no limit; write it like \"" + form +
               "\", or \"none\", or \"default\" for what the configuration says");
}

std::optional<std::uint64_t> storage_argument(const std::string& text) {
  return limit_argument(text, "5GiB", &parse_size);
}

std::optional<std::uint64_t> messages_argument(const Arguments& arguments) {
  return limit_argument(arguments.one("--max-messages"), "100000", &parse_number);
}

int add(const Terminal& terminal, const Arguments& arguments) {
  const std::string address = address_argument(arguments.one("ADDRESS"));
  sqlite::OwnLimits limits;
  limits.storage = storage_argument(arguments.one("--quota"));
  limits.messages = messages_argument(arguments);
  auto db = open_data(load(arguments));
  const Secret password = password_from(terminal, arguments);
  check_added(sqlite::add_user(db, address, verifier_of(password.text), limits, wall_now()), address);
  std::string done = "user " + address + " has mail here now";
  // RFC 5321 4.5.1: a domain's postmaster is somebody; its first user, unless it was said otherwise.
  const std::string postmaster = postmaster_of(address);
  if (!reaches_somebody(db, postmaster)) {
    sqlite::add_alias(db, postmaster, {address});
    done += ", also for " + postmaster;
  }
  tell(terminal, arguments, address, done, "password", password);
  return kDone;
}

Quota quota_of(const sqlite::User& user, const Config& config) {
  Quota quota;
  quota.storage = user.size;
  quota.messages = user.messages;
  quota.limits.storage = user.limits.storage.value_or(config.limits.user_storage);
  quota.limits.messages = user.limits.messages.value_or(config.limits.user_messages);
  return quota;
}

std::string share(std::uint64_t used, std::uint64_t limit) {
  return std::to_string(
             static_cast<std::uint64_t>(static_cast<double>(used) * 100 / static_cast<double>(limit))) +
         "%";
}

/// "20% of 5 GiB, 1% of 1000 messages".
std::string quota_text(const Quota& quota) {
  std::string text;
  const QuotaLimits& limits = quota.limits;
  if (limits.storage > 0) text = share(quota.storage, limits.storage) + " of " + format_size(limits.storage);
  if (limits.messages > 0)
    text += (text.empty() ? "" : ", ") + share(quota.messages, limits.messages) + " of " +
            counted(limits.messages, "message");
  return text.empty() ? "none" : text;
}

Json limit_json(std::uint64_t limit) { return limit == 0 ? Json() : Json(limit); }

Json as_json(const sqlite::User& user, const Config& config) {
  const QuotaLimits limits = quota_of(user, config).limits;
  return {{"address", user.address},
          {"created", iso_time(user.created)},
          {"apop", user.apop},
          {"mailboxes", user.mailboxes},
          {"messages", user.messages},
          {"size", user.size},
          {"max_messages", limit_json(limits.messages)},
          {"quota", limit_json(limits.storage)}};
}

int list(const Terminal& terminal, const Arguments& arguments) {
  const Config config = load(arguments);
  auto db = open_data(config);
  const std::vector<sqlite::User> users = sqlite::list_users(db);
  if (arguments.has("--json")) {
    auto json = Json::array();
    for (const auto& user : users) json.push_back(as_json(user, config));
    terminal.out << json.dump(2) << "\n";
    return kDone;
  }
  if (users.empty()) {
    terminal.out << "no users yet; add one with: postroom user add alice@example.org\n";
    return kDone;
  }
  std::vector<std::vector<std::string>> rows{{"USER", "MESSAGES", "SIZE", "QUOTA", "APOP"}};
  for (const auto& user : users) {
    rows.push_back({user.address, std::to_string(user.messages), format_size(user.size),
                    quota_text(quota_of(user, config)), user.apop ? "on" : "off"});
  }
  terminal.out << aligned(rows);
  return kDone;
}

std::vector<std::string> aliases_of(sqlite::Connection& db, const std::string& address) {
  std::vector<std::string> found;
  for (const sqlite::Alias& alias : sqlite::list_aliases(db)) {
    if (std::find(alias.targets.begin(), alias.targets.end(), address) != alias.targets.end()) {
      found.push_back(alias.address);
    }
  }
  return found;
}

int show(const Terminal& terminal, const Arguments& arguments) {
  const std::string address = address_argument(arguments.one("ADDRESS"));
  const Config config = load(arguments);
  auto db = open_data(config);
  const auto user = sqlite::find_user(db, address);
  if (!user) throw no_such_user(address);
  const std::vector<std::string> aliases = aliases_of(db, address);
  if (arguments.has("--json")) {
    Json json = as_json(*user, config);
    json["aliases"] = aliases;
    terminal.out << json.dump(2) << "\n";
    return kDone;
  }
  terminal.out << aligned({{"address", user->address},
                           {"created", time_text(user->created, "%Y-%m-%d %H:%M UTC")},
                           {"mail", counted(user->messages, "message") + ", " + format_size(user->size)},
                           {"quota", quota_text(quota_of(*user, config))},
                           {"mailboxes", std::to_string(user->mailboxes)},
                           {"APOP", user->apop ? "on" : "off"},
                           {"aliases", aliases.empty() ? "none" : join(aliases, ", ")}});
  return kDone;
}

int remove(const Terminal& terminal, const Arguments& arguments) {
  const std::string address = address_argument(arguments.one("ADDRESS"));
  auto db = open_data(load(arguments));
  const auto user = sqlite::find_user(db, address);
  if (!user) throw no_such_user(address);
  if (!arguments.has("--yes")) {
    const std::string what = address + " with " + counted(user->messages, "message");
    if (!terminal.person) throw Misuse("to remove " + what + " for good, add --yes");
    if (!ask(terminal, "Remove " + what + " for good?")) throw Failure("nothing was removed");
  }
  if (sqlite::remove_user(db, address) == sqlite::UserRemoved::missing) throw no_such_user(address);
  terminal.out << "user " << address << " is gone\n";
  const std::string postmaster = postmaster_of(address);
  if (has_users(db, domain_of(address)) && !reaches_somebody(db, postmaster))
    terminal.out << "mail for " << postmaster << " reaches nobody now; name somebody: postroom alias add "
                 << postmaster << " ADDRESS\n";
  return kDone;
}

int password(const Terminal& terminal, const Arguments& arguments) {
  const std::string address = address_argument(arguments.one("ADDRESS"));
  auto db = open_data(load(arguments));
  if (!sqlite::find_user(db, address)) throw no_such_user(address);
  const Secret password = password_from(terminal, arguments);
  if (!sqlite::set_password(db, address, verifier_of(password.text))) throw no_such_user(address);
  tell(terminal, arguments, address, "user " + address + " has a new password", "password", password);
  return kDone;
}

int quota(const Terminal& terminal, const Arguments& arguments) {
  const std::string address = address_argument(arguments.one("ADDRESS"));
  if (!arguments.has("SIZE") && !arguments.has("--max-messages"))
    throw Misuse("say what the limit is: a SIZE, --max-messages, or both");
  const Config config = load(arguments);
  auto db = open_data(config);
  auto user = sqlite::find_user(db, address);
  if (!user) throw no_such_user(address);
  if (arguments.has("SIZE")) user->limits.storage = storage_argument(arguments.one("SIZE"));
  if (arguments.has("--max-messages")) user->limits.messages = messages_argument(arguments);
  if (!sqlite::set_limits(db, address, user->limits)) throw no_such_user(address);
  terminal.out << "user " << address << " has a new quota: " << quota_text(quota_of(*user, config)) << "\n";
  return kDone;
}

std::string apop_secret(const Terminal& terminal) {
  const std::string secret = read_secret(terminal, "Secret");
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (secret.size() < kShortestSecret || secret.size() > sasl::kMaxPassword ||
      std::any_of(secret.begin(), secret.end(), control)) {
    throw Misuse("this secret cannot be used: it has from " + std::to_string(kShortestSecret) + " to " +
                 std::to_string(sasl::kMaxPassword) +
                 " characters and no control characters, for who hears an APOP login can try short ones");
  }
  return secret;
}

int apop_enable(const Terminal& terminal, const Arguments& arguments) {
  const std::string address = address_argument(arguments.one("ADDRESS"));
  const Config config = load(arguments);
  auto db = open_data(config);
  if (!sqlite::find_user(db, address)) throw no_such_user(address);
  Secret secret{"", !arguments.has("--secret-stdin")};
  secret.text = secret.generated ? random_password(kSecretLength) : apop_secret(terminal);
  if (!sqlite::set_apop(db, address, seal(secret_key(config), "apop:" + address, secret.text)))
    throw no_such_user(address);
  tell(terminal, arguments, address, "user " + address + " may log in by APOP", "secret", secret);
  return kDone;
}

int apop_disable(const Terminal& terminal, const Arguments& arguments) {
  const std::string address = address_argument(arguments.one("ADDRESS"));
  auto db = open_data(load(arguments));
  if (!sqlite::set_apop(db, address, "")) throw no_such_user(address);
  terminal.out << "user " << address << " may no longer log in by APOP\n";
  return kDone;
}

constexpr Option kPasswordStdin{"--password-stdin", "", "Reads the password from standard input, one line."};
constexpr Option kSecretStdin{"--secret-stdin", "", "Reads the APOP secret from standard input, one line."};
constexpr Option kQuota{"--quota", "SIZE",
                        "What all mailboxes may hold: \"5GiB\", \"none\", or \"default\"."};
constexpr Option kMaxMessages{"--max-messages", "N",
                              "How many messages they may hold: a number, \"none\", or \"default\"."};
constexpr Option kYes{"--yes", "", "Removes without asking."};
constexpr Option kAddOptions[] = {kPasswordStdin, kQuota, kMaxMessages, kJson};
constexpr Option kPasswordOptions[] = {kPasswordStdin, kJson};
constexpr Option kQuotaOptions[] = {kMaxMessages};
constexpr Option kSecretOptions[] = {kSecretStdin, kJson};
constexpr Option kRemoveOptions[] = {kYes};
constexpr Option kDataOptions[] = {kJson};

constexpr Action kActions[] = {
    {"add", "ADDRESS", kAddOptions,
     "Gives ADDRESS an account with the mailboxes INBOX, Drafts, Sent, Junk, Trash and Archive.\n"
     "Without --password-stdin a password is made and printed this once. A domain's first user\n"
     "gets its mail for postmaster too, by an alias.",
     &add},
    {"list", "", kDataOptions, "Prints all users with what they have.", &list},
    {"show", "ADDRESS", kDataOptions, "Prints what is known of one user.", &show},
    {"remove", "ADDRESS", kRemoveOptions,
     "Removes a user and all their mail, for good. Aliases that lead nowhere without them go\n"
     "too. Asks first on a terminal.",
     &remove},
    {"password", "ADDRESS", kPasswordOptions,
     "Sets a new password, made and printed this once without --password-stdin. The old one is\n"
     "good for nothing from now on; sessions that are open stay open.",
     &password},
    {"quota", "ADDRESS [SIZE]", kQuotaOptions,
     "Sets what all mailboxes of a user together may hold, from now on. Nothing is removed; while\n"
     "they hold more, mail for them is refused for the time being (452), and APPEND and COPY too.\n"
     "\"none\" sets no limit; \"default\" the one in [limits] of the configuration, which users have\n"
     "who were not given another one.",
     &quota},
    {"apop enable", "ADDRESS", kSecretOptions,
     "Lets the user log in by POP3's APOP command, with a secret of its own. Without\n"
     "--secret-stdin it is made and printed this once. Again: with a new secret.",
     &apop_enable},
    {"apop disable", "ADDRESS", {}, "Ends that, and forgets the secret.", &apop_disable},
};

}  // namespace

extern constinit const Verb user_verb{
    "user", "the people who have mail here", kActions,
    "Passwords are never given on the command line, where others could see them, and never kept:\n"
    "what is stored is a SCRAM-SHA-256 verifier. APOP needs a secret that can be read again; it is\n"
    "kept sealed with secret.key in the data folder, and is not the password. APOP protects the\n"
    "login, not the mail, on a connection without TLS; where a client can do TLS, use that.\n"
    "CRAM-MD5 logins take the APOP secret, too.\n"
    "\n"
    "Upper and lower case are the same in addresses. Mail for alice+anything@example.org reaches\n"
    "alice@example.org.",
    "postroom user add alice@example.org\n"
    "pass show mail/bob | postroom user add bob@example.org --password-stdin\n"
    "postroom user quota bob@example.org 5GiB --max-messages 100000\n"
    "postroom user apop enable alice@example.org\n"
    "postroom user list --json"};

}  // namespace postroom::cli
