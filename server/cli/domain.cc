// postroom domain: the domains whose mail is taken in here.
#include <nlohmann/json.hpp>
#include <ostream>

#include "server/cli_data.h"

namespace postroom::cli {
namespace {

/// What sent mail for it elsewhere, and does so no more.
void tell_who_leads_there(const Terminal& terminal, const Config& config, sqlite::Connection& db,
                          const std::string& domain) {
  for (const sqlite::Alias& alias : sqlite::list_aliases(db))
    for (const std::string& target : alias.targets)
      if (target.ends_with("@" + domain))
        terminal.out << "alias " << alias.address << " leads to " << target
                     << ", who gets nothing from it before there is such a user or alias here\n";
  for (const RouteConfig& route : config.relay.routes)
    if (route.domain == domain)
      terminal.out << "the route for " << domain << " in [relay] is used for no more new mail\n";
}

int add(const Terminal& terminal, const Arguments& arguments) {
  const std::string domain = domain_argument(arguments.one("DOMAIN"));
  const Config config = load(arguments);
  auto db = open_data(config);
  switch (sqlite::add_domain(db, domain)) {
    case sqlite::DomainAdded::exists: throw Failure("domain " + domain + " is served here already");
    case sqlite::DomainAdded::invalid: throw Failure("\"" + domain + "\" is not a domain");
    case sqlite::DomainAdded::yes: break;
  }
  terminal.out << "domain " << domain << " is served here now\n";
  tell_who_leads_there(terminal, config, db, domain);
  return kDone;
}

int list(const Terminal& terminal, const Arguments& arguments) {
  auto db = open_data(load(arguments));
  const std::vector<std::string> domains = sqlite::list_domains(db);
  if (arguments.has("--json")) {
    auto json = nlohmann::ordered_json::array();
    for (const std::string& domain : domains) json.push_back({{"domain", domain}});
    terminal.out << json.dump(2) << "\n";
    return kDone;
  }
  if (domains.empty()) terminal.out << "no domains yet; add one with: postroom domain add example.org\n";
  for (const std::string& domain : domains) terminal.out << domain << "\n";
  return kDone;
}

int remove(const Terminal& terminal, const Arguments& arguments) {
  const std::string domain = domain_argument(arguments.one("DOMAIN"));
  auto db = open_data(load(arguments));
  switch (sqlite::remove_domain(db, domain)) {
    case sqlite::DomainRemoved::missing: throw Failure("domain " + domain + " is not served here");
    case sqlite::DomainRemoved::has_users:
      throw Failure("domain " + domain + " still has users; see: postroom user list");
    case sqlite::DomainRemoved::has_aliases:
      throw Failure("domain " + domain + " still has aliases; see: postroom alias list");
    case sqlite::DomainRemoved::has_lists:
      throw Failure("domain " + domain + " still has lists; see: postroom list list");
    case sqlite::DomainRemoved::yes: break;
  }
  terminal.out << "domain " << domain << " is no longer served here\n";
  return kDone;
}

constexpr Option kListOptions[] = {kJson};
constexpr Action kActions[] = {
    {"add", "DOMAIN", {}, "From now on mail for addresses at DOMAIN is ours.", &add},
    {"list", "", kListOptions, "Prints the domains served here.", &list},
    {"remove",
     "DOMAIN",
     {},
     "Mail for DOMAIN is refused from now on. Its users, aliases and lists must be gone.",
     &remove},
};

}  // namespace

extern constinit const Verb domain_verb{
    "domain", "the domains whose mail is taken in", kActions,
    "Names in other scripts may be written as they are or in their \"xn--\" form, in which they are\n"
    "kept.\n"
    "\n"
    "For mail to arrive, the domain's MX record must name this server. What else receiving and\n"
    "sending need: postroom help.\n"
    "\n"
    "Mail for the domain's postmaster goes to its first user, by an alias. For somebody else as well:\n"
    "postroom alias add postmaster@DOMAIN ADDRESS; instead: postroom alias remove\n"
    "postmaster@DOMAIN first.",
    "postroom domain add example.org\n"
    "postroom domain list --json"};

}  // namespace postroom::cli
