// The transcripts' server and what directives do to it.
#include "tests/transcripts/world.h"

#include <cstdio>

#include "base/crypto.h"
#include "base/text.h"
#include "protocols/mime/facts.h"
#include "protocols/sasl/scram.h"
#include "storage/spool.h"
#include "storage/sqlite/lists.h"
#include "tests/support/await.h"
#include "tests/transcripts/pattern.h"

namespace postroom::testing {
namespace {

const std::string kKey(32, 'k');
// Few, for speed: what hashing costs is not the transcripts' business.
constexpr std::uint32_t kIterations = 16;

SqliteOptions fast_store(const Endpoint& endpoint) {
  SqliteOptions options;
  options.terms = endpoint.terms();
  options.durable = false;
  options.slice_time = std::chrono::hours(1);  // by the clock on the wall nothing would be the same twice
  return options;
}

sqlite::Connection::Settings fast_connection() {
  sqlite::Connection::Settings settings;
  settings.durable = false;
  return settings;
}

void need(const std::vector<std::string>& words, std::size_t count, const char* form) {
  if (words.size() < count) throw BadScript(std::string("the form is: ") + form);
}

std::uint64_t number(const std::string& word) {
  const auto value = parse_number(word);
  if (!value) throw BadScript(word + " is no number");
  return *value;
}

std::chrono::seconds time_of(std::string word) {
  if (word.empty()) throw BadScript("a time is a number and s, m or h");
  const char unit = word.back();
  word.pop_back();
  const auto count = static_cast<std::int64_t>(number(word));
  switch (unit) {
    case 's': return std::chrono::seconds(count);
    case 'm': return std::chrono::minutes(count);
    case 'h': return std::chrono::hours(count);
    default: throw BadScript("a time is a number and s, m or h");
  }
}

WallTime date_of(const std::string& word) {
  int year = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (std::sscanf(word.c_str(), "%4d-%2u-%2uT%2u:%2u:%2uZ", &year, &month, &day, &hour, &minute, &second) !=
      6)
    throw BadScript("a date is written 2025-12-31T23:59:59Z");
  const std::chrono::sys_days days{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day)};
  return days + std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
}

Task<> append_message(SqliteStore& store, MailboxId mailbox, const std::string& message, Flags flags,
                      WallTime date) {
  Spool spool(store);
  co_await spool.append(message);
  MessageFacts facts = mime::facts_of(message);
  co_await store.append(mailbox, spool, std::move(facts), flags, date);
}

}  // namespace

const std::map<std::string, World::Act, std::less<>> World::kDirectives{
    {"domain", &World::add_domain},
    {"user", &World::add_user},
    {"alias", &World::add_alias},
    {"list", &World::add_list},
    {"mailbox", &World::add_mailbox},
    {"mail", &World::add_mail},
    {"mails", &World::add_mails},
    {"peer", &World::set_peer},
    {"tls", &World::set_tls},
    {"limit", &World::set_limit},
    {"plaintext_login", &World::allow_plaintext_login},
    {"advance", &World::advance},
    {"drain", &World::drain},
    {"quota", &World::set_quota},
};

World::World(Endpoint& endpoint, std::uint64_t seed)
    : endpoint_(endpoint),
      runtime_(seed),
      store_(SqliteStore::open(runtime_, folder_.path() / "postroom.db", fast_store(endpoint))),
      admin_(folder_.path() / "postroom.db", fast_connection()),
      authenticator_(runtime_, *store_, kKey),
      gate_(runtime_),
      service_{runtime_, *store_, authenticator_, gate_, nullptr, "mail.example.org", false} {
  peer_.address = "127.0.0.1";
  peer_.loopback = true;
}

World::~World() = default;

void World::connect(Wire& wire) {
  Connection connection;
  connection.stream = std::make_unique<MemoryStream>(runtime_, wire);
  if (implicit_tls_) connection.stream = tls_.start_tls(std::move(connection.stream));
  connection.peer = peer_;
  runtime_.spawn(endpoint_.serve(std::move(connection), service_));
}

void World::stop() {
  gate_.abort();
  runtime_.settle();
  runtime_.spawn(store_->close());
  runtime_.run();
}

const User& World::user(const std::string& name) const {
  for (const auto& [address, user] : users_)
    if (address == name || address.starts_with(name + "@")) return user;
  throw BadScript("there is no user " + name);
}

bool World::directive(const Words& words, const std::string& body) {
  const auto found = kDirectives.find(words[0]);
  if (found == kDirectives.end()) return endpoint_.directive(words);
  (this->*found->second)(words, body);
  return true;
}

void World::add_domain(const Words& words, const std::string&) {
  need(words, 2, "domain DOMAIN");
  if (sqlite::add_domain(admin_, words[1]) != sqlite::DomainAdded::yes)
    throw BadScript("the domain is refused");
}

void World::ensure_domain(std::string_view address) {
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos) throw BadScript("an address has an @");
  (void)sqlite::add_domain(admin_, address.substr(at + 1));
}

void World::add_user(const Words& words, const std::string&) {
  need(words, 3, "user ADDRESS PASSWORD [APOP-SECRET]");
  User user;
  user.address = words[1];
  user.password = words[2];
  ensure_domain(user.address);
  const auto made = sasl::make_verifier(user.password, "0123456789abcdef", kIterations);
  if (!made) throw BadScript("the password is refused");
  if (sqlite::add_user(admin_, user.address, *made, {}, runtime_.wall_now()) != sqlite::UserAdded::yes)
    throw BadScript("the user is refused");
  if (words.size() > 3) sqlite::set_apop(admin_, user.address, seal(kKey, "apop:" + user.address, words[3]));
  user.account = sqlite::find_user(admin_, user.address)->id;
  users_.emplace(user.address, user);
}

void World::set_quota(const Words& words, const std::string&) {
  need(words, 3, "quota ADDRESS|default BYTES [MESSAGES]");
  QuotaLimits limits;
  limits.storage = number(words[2]);
  if (words.size() > 3) limits.messages = number(words[3]);
  if (words[1] == "default") return store_->set_default_quota(limits);
  sqlite::OwnLimits own;
  own.storage = limits.storage;
  own.messages = limits.messages;
  if (!sqlite::set_limits(admin_, words[1], own)) throw BadScript("there is no user " + words[1]);
}

void World::add_alias(const Words& words, const std::string&) {
  need(words, 3, "alias ADDRESS TARGET…");
  ensure_domain(words[1]);
  const auto added = sqlite::add_alias(admin_, words[1], {words.begin() + 2, words.end()});
  if (added.outcome != sqlite::AliasAdded::Outcome::yes) throw BadScript("the alias is refused");
}

void World::add_list(const Words& words, const std::string&) {
  need(words, 3, "list ADDRESS members|anyone [owner:ADDRESS] MEMBER…");
  ensure_domain(words[1]);
  sqlite::ListSettings settings;
  settings.anyone = words[2] == "anyone";
  std::vector<std::string> members(words.begin() + 3, words.end());
  if (!members.empty() && members[0].starts_with("owner:")) {
    settings.owner = members[0].substr(6);
    members.erase(members.begin());
  }
  if (sqlite::add_list(admin_, words[1], settings) != sqlite::ListAdded::yes)
    throw BadScript("the list is refused");
  const auto joined = sqlite::join_list(admin_, words[1], members);
  if (joined.outcome != sqlite::Joined::Outcome::yes) throw BadScript("a member is refused");
}

void World::add_mailbox(const Words& words, const std::string&) {
  need(words, 3, "mailbox ADDRESS NAME");
  const Created created =
      await(runtime_, store_->create_mailbox(user(words[1]).account, words[2], SpecialUse::none));
  if (created != Created::yes) throw BadScript("the mailbox is refused");
}

Flags World::flags_of(AccountId account, const std::string& list) {
  static const std::map<std::string, std::uint64_t, std::less<>> system{{"\\seen", Flags::seen},
                                                                        {"\\answered", Flags::answered},
                                                                        {"\\flagged", Flags::flagged},
                                                                        {"\\deleted", Flags::deleted},
                                                                        {"\\draft", Flags::draft}};
  Flags flags;
  std::vector<std::string> keywords;
  for (const std::string_view word : split(std::string_view(list).substr(1, list.size() - 2), ' ')) {
    if (word.empty()) continue;
    const auto found = system.find(lower(word));
    if (found != system.end()) flags.bits |= found->second;
    if (found == system.end()) keywords.emplace_back(word);
  }
  if (keywords.empty()) return flags;
  const std::optional<Flags> more = await(runtime_, store_->keyword_flags(account, keywords));
  if (!more) throw BadScript("too many keywords");
  flags.bits |= more->bits;
  return flags;
}

void World::store_message(const std::string& address, const std::string& mailbox, const std::string& message,
                          Flags flags, WallTime date) {
  const std::optional<MailboxStatus> status = await(runtime_, store_->status(user(address).account, mailbox));
  if (!status) throw BadScript("there is no mailbox " + mailbox);
  await(runtime_, append_message(*store_, status->id, message, flags, date));
}

void World::add_mail(const Words& words, const std::string& body) {
  need(words, 3, "mail ADDRESS MAILBOX [(FLAGS)] [DATE] <<EOF");
  Flags flags;
  WallTime date = runtime_.wall_now();
  for (std::size_t i = 3; i < words.size(); ++i) {
    if (words[i].starts_with('(')) {
      flags = flags_of(user(words[1]).account, words[i]);
    } else {
      date = date_of(words[i]);
    }
  }
  store_message(words[1], words[2], body, flags, date);
}

void World::add_mails(const Words& words, const std::string&) {
  need(words, 4, "mails ADDRESS MAILBOX COUNT");
  for (std::uint64_t i = 1; i <= number(words[3]); ++i) {
    const std::string n = std::to_string(i);
    const std::string message = "From: bob@example.org\r\nSubject: " + n + "\r\n\r\nmessage " + n + "\r\n";
    store_message(words[1], words[2], message, Flags{}, runtime_.wall_now());
  }
}

void World::set_peer(const Words& words, const std::string&) {
  need(words, 2, "peer ADDRESS");
  peer_.address = words[1];
  peer_.loopback = words[1].starts_with("127.") || words[1] == "::1";
}

void World::set_tls(const Words& words, const std::string&) {
  need(words, 2, "tls offered|implicit|compressing");
  const bool offered = words[1] == "offered";
  tls_.compresses = words[1] == "compressing";
  implicit_tls_ = words[1] == "implicit" || tls_.compresses;
  if (!offered && !implicit_tls_) throw BadScript("tls offered|implicit|compressing");
  service_.tls = &tls_;
}

void World::set_limit(const Words& words, const std::string&) {
  need(words, 3, "limit NAME VALUE");
  const Endpoint::Setters limits = endpoint_.limits();
  const auto found = limits.find(words[1]);
  if (found == limits.end()) throw BadScript("no limit is called " + words[1]);
  found->second(number(words[2]));
}

void World::allow_plaintext_login(const Words&, const std::string&) { service_.plaintext_login = true; }

void World::advance(const Words& words, const std::string&) {
  need(words, 2, "advance TIME");
  runtime_.advance(time_of(words[1]));
}

void World::drain(const Words&, const std::string&) {
  gate_.drain();
  runtime_.settle();
}

}  // namespace postroom::testing
