// postroom list: mailing lists and their members.
#include <nlohmann/json.hpp>
#include <ostream>

#include "base/text.h"
#include "server/cli_data.h"
#include "storage/sqlite/lists.h"

namespace postroom::cli {
namespace {

using Json = nlohmann::ordered_json;

Failure no_such_list(const std::string& address) {
  return Failure("there is no list " + address + "; see: postroom list list");
}

Failure unknown_owner(const std::string& owner) {
  return Failure("owner " + owner + " is no user and no alias here; add one with: postroom user add " +
                 owner);
}

[[noreturn]] void refused(sqlite::ListAdded added, const std::string& address, const std::string& owner) {
  const std::string domain(domain_of(address));
  switch (added) {
    case sqlite::ListAdded::exists:
      throw Failure("list " + address + " is there already; for more members: postroom list join " + address +
                    " MEMBER…");
    case sqlite::ListAdded::is_user:
      throw Failure(address + " is a user; a list needs an address of its own");
    case sqlite::ListAdded::is_alias:
      throw Failure(address + " is an alias; remove it first with: postroom alias remove " + address);
    case sqlite::ListAdded::no_such_domain:
      throw Failure("domain " + domain + " is not served here; add it with: postroom domain add " + domain);
    case sqlite::ListAdded::unknown_owner: throw unknown_owner(owner);
    case sqlite::ListAdded::invalid:
    case sqlite::ListAdded::yes: break;
  }
  throw Failure("\"" + address + "\" cannot be a list's address: it must be short, and in ASCII");
}

[[noreturn]] void refused(const sqlite::Joined& joined, const std::string& address) {
  switch (joined.outcome) {
    case sqlite::Joined::Outcome::unknown_member:
      throw Failure(joined.member + " is no user, alias or list here; add one with: postroom user add " +
                    joined.member);
    case sqlite::Joined::Outcome::itself: throw Failure("a list cannot be its own member");
    case sqlite::Joined::Outcome::too_many:
      throw Failure("list " + address + " would have more than " + std::to_string(sqlite::kMaxMembers) +
                    " members; make lists of it, and those the members of " + address);
    default: throw no_such_list(address);
  }
}

/// What is said in the arguments, in place of what was so.
sqlite::ListSettings settings_argument(sqlite::Connection& db, const Arguments& arguments,
                                       sqlite::ListSettings settings) {
  if (arguments.has("--posting")) {
    const std::string who = arguments.one("--posting");
    if (who != "members" && who != "anyone")
      throw Misuse("\"" + who + "\" cannot be who writes to a list; it is \"members\" or \"anyone\"");
    settings.anyone = who == "anyone";
  }
  if (arguments.has("--owner")) {
    const std::string owner = arguments.one("--owner");
    settings.owner = owner == "postmaster" ? "" : recipient_argument(owner, sqlite::list_domains(db));
  }
  return settings;
}

std::vector<std::string> members_argument(sqlite::Connection& db, const Arguments& arguments) {
  const std::vector<std::string> domains = sqlite::list_domains(db);
  std::vector<std::string> members;
  for (const std::string& member : arguments.all("MEMBER"))
    members.push_back(recipient_argument(member, domains));
  return members;
}

std::string writers(const sqlite::List& list) { return list.settings.anyone ? "anyone" : "members"; }

std::string owner_of(const sqlite::List& list) {
  if (!list.settings.owner.empty()) return list.settings.owner;
  return "postmaster@" + std::string(domain_of(list.address));
}

Json json_of(const sqlite::List& list) {
  return {{"address", list.address}, {"posting", writers(list)}, {"owner", owner_of(list)}};
}

int add(const Terminal& terminal, const Arguments& arguments) {
  const std::string address = address_argument(arguments.one("ADDRESS"));
  auto db = open_data(load(arguments));
  const sqlite::ListSettings settings = settings_argument(db, arguments, {});
  const sqlite::ListAdded added = sqlite::add_list(db, address, settings);
  if (added != sqlite::ListAdded::yes) refused(added, address, settings.owner);
  terminal.out << "list " << address << " is there now; for members: postroom list join " << address
               << " MEMBER…\n";
  return kDone;
}

int set(const Terminal& terminal, const Arguments& arguments) {
  const std::string address = address_argument(arguments.one("ADDRESS"));
  auto db = open_data(load(arguments));
  const auto list = sqlite::find_list(db, address);
  if (!list) throw no_such_list(address);
  const sqlite::ListSettings settings = settings_argument(db, arguments, list->settings);
  switch (sqlite::set_list(db, address, settings)) {
    case sqlite::ListChanged::missing: throw no_such_list(address);
    case sqlite::ListChanged::unknown_owner: throw unknown_owner(settings.owner);
    case sqlite::ListChanged::yes: break;
  }
  terminal.out << "list " << address << " is changed\n";
  return kDone;
}

int join_members(const Terminal& terminal, const Arguments& arguments) {
  const std::string address = address_argument(arguments.one("ADDRESS"));
  auto db = open_data(load(arguments));
  const sqlite::Joined joined = sqlite::join_list(db, address, members_argument(db, arguments));
  if (joined.outcome != sqlite::Joined::Outcome::yes) refused(joined, address);
  terminal.out << "list " << address << " has " << counted(joined.added, "more member") << "\n";
  return kDone;
}

int leave(const Terminal& terminal, const Arguments& arguments) {
  const std::string address = address_argument(arguments.one("ADDRESS"));
  auto db = open_data(load(arguments));
  const std::vector<std::string> members = members_argument(db, arguments);
  const auto removed = sqlite::leave_list(db, address, members);
  if (!removed) throw no_such_list(address);
  if (*removed == 0)
    throw Failure("list " + address + " has no such member; see: postroom list show " + address);
  terminal.out << "list " << address << " has " << counted(*removed, "member") << " less\n";
  return kDone;
}

int list_all(const Terminal& terminal, const Arguments& arguments) {
  auto db = open_data(load(arguments));
  const std::vector<sqlite::List> lists = sqlite::all_lists(db);
  if (arguments.has("--json")) {
    auto json = Json::array();
    for (const sqlite::List& list : lists) {
      json.push_back(json_of(list));
      json.back()["members"] = list.members;
    }
    terminal.out << json.dump(2) << "\n";
    return kDone;
  }
  if (lists.empty()) {
    terminal.out << "no lists yet; add one with: postroom list add team@example.org\n";
    return kDone;
  }
  std::vector<std::vector<std::string>> rows{{"LIST", "MEMBERS", "POSTING", "OWNER"}};
  for (const sqlite::List& list : lists)
    rows.push_back({list.address, std::to_string(list.members), writers(list), owner_of(list)});
  terminal.out << aligned(rows);
  return kDone;
}

int show(const Terminal& terminal, const Arguments& arguments) {
  const std::string address = address_argument(arguments.one("ADDRESS"));
  auto db = open_data(load(arguments));
  const auto list = sqlite::find_list(db, address);
  if (!list) throw no_such_list(address);
  const std::vector<std::string> members = sqlite::members_of(db, address);
  if (arguments.has("--json")) {
    Json json = json_of(*list);
    json["members"] = members;
    terminal.out << json.dump(2) << "\n";
    return kDone;
  }
  std::vector<std::vector<std::string>> rows{
      {"address", list->address}, {"posting", writers(*list)}, {"owner", owner_of(*list)}};
  for (const std::string& member : members) rows.push_back({"member", member});
  terminal.out << aligned(rows);
  return kDone;
}

int remove(const Terminal& terminal, const Arguments& arguments) {
  const std::string address = address_argument(arguments.one("ADDRESS"));
  auto db = open_data(load(arguments));
  if (!sqlite::remove_list(db, address)) throw no_such_list(address);
  terminal.out << "list " << address << " is gone\n";
  return kDone;
}

constexpr Option kListOptions[] = {kJson};
constexpr Option kSettings[] = {
    {"--posting", "WHO", "Who may write to the list: \"members\" (unless said otherwise) or \"anyone\"."},
    {"--owner", "ADDRESS", "Who gets its bounces and questions; \"postmaster\" is the domain's."},
};
constexpr Action kActions[] = {
    {"add", "ADDRESS", kSettings, "Makes a list, which has no members yet.", &add},
    {"set", "ADDRESS", kSettings, "Changes what is said here.", &set},
    {"join",
     "ADDRESS MEMBER…",
     {},
     "From now on each MEMBER gets what is sent to the list: a user, an alias, another list, or\n"
     "an address on another server.",
     &join_members},
    {"leave", "ADDRESS MEMBER…", {}, "They get it no longer.", &leave},
    {"list", "", kListOptions, "Prints all lists.", &list_all},
    {"show", "ADDRESS", kListOptions, "Prints a list with its members.", &show},
    {"remove", "ADDRESS", {}, "Mail for ADDRESS is refused from now on.", &remove},
};

}  // namespace

extern constinit const Verb list_verb{
    "list", "mailing lists and their members", kActions,
    "A list sends a message on to each member once, as it is, under an address of its own: what cannot\n"
    "be delivered comes back to the owner and not to whoever wrote it. Mail for ADDRESS with -owner,\n"
    "-request or -bounces before the @ goes to the owner, too. Who writes is known by the address that\n"
    "the mail is sent from. Automatic answers are not sent on; the owner gets them.",
    "postroom list add team@example.org --owner alice@example.org\n"
    "postroom list join team@example.org alice@example.org bob@example.org carol@example.net"};

}  // namespace postroom::cli
