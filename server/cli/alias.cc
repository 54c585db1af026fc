// postroom alias: addresses that stand for others.
#include <nlohmann/json.hpp>
#include <ostream>

#include "base/text.h"
#include "server/cli_data.h"

namespace postroom::cli {
namespace {

/// In the caller's words: `address` is the alias.
[[noreturn]] void refused(const sqlite::AliasAdded& added, const std::string& address) {
  using Outcome = sqlite::AliasAdded::Outcome;
  const std::string domain(domain_of(address));
  switch (added.outcome) {
    case Outcome::exists: throw Failure("alias " + address + " has all these targets already");
    case Outcome::is_user: throw Failure(address + " is a user; an alias needs an address of its own");
    case Outcome::is_list:
      throw Failure(address + " is a list; for more members: postroom list join " + address + " MEMBER…");
    case Outcome::no_such_domain:
      throw Failure("domain " + domain + " is not served here; add it with: postroom domain add " + domain);
    case Outcome::unknown_target:
      throw Failure("target " + added.target +
                    " is no user, alias or list here; add it with: postroom user add " + added.target);
    case Outcome::loop: throw Failure("target " + added.target + " leads back to " + address);
    case Outcome::yes:
    case Outcome::invalid: break;
  }
  throw Failure("\"" + address + "\" is not an address");
}

int add(const Terminal& terminal, const Arguments& arguments) {
  const std::string address = address_argument(arguments.one("ADDRESS"));
  auto db = open_data(load(arguments));
  const std::vector<std::string> domains = sqlite::list_domains(db);
  std::vector<std::string> targets;
  for (const std::string& target : arguments.all("TARGET"))
    targets.push_back(recipient_argument(target, domains));
  const sqlite::AliasAdded added = sqlite::add_alias(db, address, targets);
  if (added.outcome != sqlite::AliasAdded::Outcome::yes) refused(added, address);
  terminal.out << "mail for " << address << " goes to " << join(targets, ", ") << " now\n";
  return kDone;
}

int list(const Terminal& terminal, const Arguments& arguments) {
  auto db = open_data(load(arguments));
  const std::vector<sqlite::Alias> aliases = sqlite::list_aliases(db);
  if (arguments.has("--json")) {
    auto json = nlohmann::ordered_json::array();
    for (const auto& alias : aliases)
      json.push_back({{"address", alias.address}, {"targets", alias.targets}});
    terminal.out << json.dump(2) << "\n";
    return kDone;
  }
  if (aliases.empty()) {
    terminal.out << "no aliases yet; add one with: postroom alias add info@example.org alice@example.org\n";
    return kDone;
  }
  std::vector<std::vector<std::string>> rows{{"ALIAS", "TARGETS"}};
  for (const auto& alias : aliases) rows.push_back({alias.address, join(alias.targets, ", ")});
  terminal.out << aligned(rows);
  return kDone;
}

int remove(const Terminal& terminal, const Arguments& arguments) {
  const std::string address = address_argument(arguments.one("ADDRESS"));
  auto db = open_data(load(arguments));
  if (sqlite::remove_alias(db, address) == sqlite::AliasRemoved::missing) {
    throw Failure("there is no alias " + address + "; see: postroom alias list");
  }
  terminal.out << "alias " << address << " is gone\n";
  return kDone;
}

constexpr Option kListOptions[] = {kJson};
constexpr Action kActions[] = {
    {"add",
     "ADDRESS TARGET…",
     {},
     "From now on mail for ADDRESS goes to each TARGET: a user, another alias, a list, or an\n"
     "address on another server, to which it is forwarded under an address of ours (SRS). An alias\n"
     "that is there already gets these targets as well.",
     &add},
    {"list", "", kListOptions, "Prints all aliases and their targets.", &list},
    {"remove",
     "ADDRESS",
     {},
     "Mail for ADDRESS is refused from now on. Aliases that lead nowhere without it go too.",
     &remove},
};

}  // namespace

extern constinit const Verb alias_verb{
    "alias", "addresses that stand for others", kActions,
    "Nobody logs in as an alias. Somebody reached by several ways gets one copy of a message.",
    "postroom alias add postmaster@example.org alice@example.org\n"
    "postroom alias add team@example.org alice@example.org bob@example.org carol@example.net"};

}  // namespace postroom::cli
