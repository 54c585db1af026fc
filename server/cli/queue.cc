// postroom queue: mail that waits to be sent to other servers.
#include <algorithm>
#include <ostream>

#include "base/text.h"
#include "config/values.h"
#include "protocols/mime/canonical.h"
#include "server/cli_data.h"
#include "server/cli_queue.h"
#include "server/relay_options.h"
#include "storage/sqlite/queue_admin.h"

namespace postroom::cli {
namespace {

/// An option's address, or its "example.org", "@example.org" or "[192.0.2.1]" as QueueFilter has a domain.
/// Empty: it was not given.
std::string party_argument(const Arguments& arguments, std::string_view option) {
  if (!arguments.has(option)) return "";
  std::string text = arguments.one(option);
  if (text == "<>") return text;
  if (text.starts_with('[')) return "@" + text;
  if (text.find('@') == std::string::npos) return "@" + domain_argument(text);
  if (text.starts_with('@')) return "@" + domain_argument(text.substr(1));
  return mime::stored_address(text);
}

sqlite::QueueFilter filter_argument(const Arguments& arguments, WallTime now) {
  sqlite::QueueFilter filter;
  filter.ids = arguments.all("ID");
  filter.sender = party_argument(arguments, "--from");
  filter.recipient = party_argument(arguments, "--to");
  if (!arguments.has("--older")) return filter;
  const auto age = parse_duration(arguments.one("--older"));
  if (!age)
    throw Misuse("\"" + arguments.one("--older") +
                 "\" is no time; write it like \"90s\", \"5m\", \"4h\" or \"2d\"");
  filter.before = now - *age;
  return filter;
}

/// Throws Failure unless each id that was given is in the queue.
void check_ids(sqlite::Connection& db, const std::vector<std::string>& ids) {
  if (ids.empty()) return;
  sqlite::QueueFilter by_id;
  by_id.ids = ids;
  const std::vector<QueuedMail> found = sqlite::list_queue(db, by_id);
  for (const std::string& id : ids) {
    if (std::any_of(found.begin(), found.end(), [&](const QueuedMail& mail) { return mail.id == id; }))
      continue;
    throw Failure("no message " + id +
                  " is in the queue; it may have left it by now. See: postroom queue list");
  }
}

/// --via, as the queue has it; empty: none.
std::string route_argument(const Arguments& arguments, const Config& config) {
  const std::string text = arguments.one("--via");
  if (text.empty()) throw Misuse("say where it goes: --via smtp://mail.example.net, or --via default");
  if (text == "default") return "";
  const auto route = parse_server(text);
  if (const auto* const wrong = std::get_if<BadValue>(&route)) throw Misuse(wrong->what);
  std::string formatted = format_server(std::get<RouteConfig>(route));
  try {
    if (config.relay.enabled) relay_options(config, "").routes.of(formatted);
  } catch (const std::runtime_error& error) {
    throw Misuse(error.what());
  }
  return formatted;
}

/// A part of the queue, as the command line says.
struct Selection {
  sqlite::Connection db;
  WallTime now;
  sqlite::QueueFilter filter;
  std::vector<QueuedMail> mail;
};

Selection select(const Arguments& arguments) {
  const WallTime now = wall_now();
  sqlite::QueueFilter filter = filter_argument(arguments, now);
  auto db = open_data(load(arguments));
  check_ids(db, filter.ids);
  std::vector<QueuedMail> mail = sqlite::list_queue(db, filter);
  return {std::move(db), now, std::move(filter), std::move(mail)};
}

/// The same for what changes it: nobody means the whole queue without saying so.
Selection select_to_change(const Arguments& arguments) {
  if (!arguments.has("--all") && filter_argument(arguments, wall_now()).everything())
    throw Misuse("say which mail: by its ID, --from, --to or --older, or --all of it");
  return select(arguments);
}

int nothing(const Terminal& terminal, const Selection& selection) {
  terminal.out << (selection.filter.everything() ? "the queue is empty\n" : "nothing in the queue matches\n");
  return kDone;
}

int list(const Terminal& terminal, const Arguments& arguments) {
  const Selection selection = select(arguments);
  if (arguments.has("--json")) {
    terminal.out << queue_json(selection.mail, selection.now);
    return kDone;
  }
  if (selection.mail.empty()) return nothing(terminal, selection);
  terminal.out << queue_table(selection.mail, selection.now);
  return kDone;
}

int show(const Terminal& terminal, const Arguments& arguments) {
  const Selection selection = select(arguments);
  if (arguments.has("--json")) {
    terminal.out << queue_json(selection.mail, selection.now);
    return kDone;
  }
  for (const QueuedMail& mail : selection.mail)
    terminal.out << (&mail == &selection.mail.front() ? "" : "\n") << queue_page(mail, selection.now);
  return kDone;
}

/// Says what has been done: "2 messages to 3 recipients " and `done`; or else why nothing was.
int tell(const Terminal& terminal, const sqlite::QueueChange& change, std::string_view done,
         std::string_view nothing_done) {
  if (change.recipients == 0) {
    terminal.out << nothing_done << "\n";
  } else {
    terminal.out << counted_mail(change.messages, change.recipients) << " " << done << "\n";
  }
  return kDone;
}

int tell_held(const Terminal& terminal, const Selection& selection) {
  if (const std::uint64_t held = count_held(selection.mail); held > 0)
    terminal.out << counted(held, "recipient") << " held; to try those too: postroom queue release\n";
  return kDone;
}

int retry(const Terminal& terminal, const Arguments& arguments) {
  Selection selection = select_to_change(arguments);
  if (selection.mail.empty()) return nothing(terminal, selection);
  const sqlite::QueueChange change = sqlite::retry_queue(selection.db, selection.filter, selection.now);
  tell(terminal, change, "to be tried now", "nothing to be tried");
  return tell_held(terminal, selection);
}

int hold(const Terminal& terminal, const Arguments& arguments) {
  Selection selection = select_to_change(arguments);
  if (selection.mail.empty()) return nothing(terminal, selection);
  return tell(terminal, sqlite::hold_queue(selection.db, selection.filter), "held", "held already");
}

int release(const Terminal& terminal, const Arguments& arguments) {
  Selection selection = select_to_change(arguments);
  if (selection.mail.empty()) return nothing(terminal, selection);
  return tell(terminal, sqlite::release_queue(selection.db, selection.filter, selection.now),
              "released, to be tried now", "nothing of it is held");
}

int reroute(const Terminal& terminal, const Arguments& arguments) {
  const std::string route = route_argument(arguments, load(arguments));
  Selection selection = select_to_change(arguments);
  if (selection.mail.empty()) return nothing(terminal, selection);
  const sqlite::QueueChange change =
      sqlite::reroute_queue(selection.db, selection.filter, route, selection.now);
  const std::string way = route.empty() ? "its usual way" : "by " + route;
  tell(terminal, change, "to be sent " + way, "nothing that does not go " + way);
  return tell_held(terminal, selection);
}

int drop(const Terminal& terminal, const Arguments& arguments) {
  Selection selection = select_to_change(arguments);
  if (selection.mail.empty()) return nothing(terminal, selection);
  if (!arguments.has("--yes")) {
    const std::string what = counted_mail(selection.mail);
    if (!terminal.person) throw Misuse("to drop " + what + " for good, add --yes");
    if (!ask(terminal, "Drop " + what + " for good?")) throw Failure("nothing was dropped");
  }
  return tell(terminal, sqlite::drop_queue(selection.db, selection.filter, selection.now),
              "dropped; nobody is told", "nothing of it is in the queue any more");
}

constexpr Option kFrom{"--from", "WHO", "Only mail from WHO: an address, a domain, or \"<>\" for reports."};
constexpr Option kTo{"--to", "WHO", "Only recipients who are WHO, an address or a domain."};
constexpr Option kOlder{"--older", "TIME", "Only what came longer ago: \"90s\", \"5m\", \"4h\", \"2d\"."};
constexpr Option kAll{"--all", "", "All of the queue; needed only where nothing else says which mail."};
constexpr Option kVia{"--via", "ROUTE",
                      "The server it goes by: \"smtp://mail.example.net:25\", \"lmtp://…\",\n"
                      "\"submission://user@…\", as in [relay] routes; \"default\" ends that."};
constexpr Option kYes{"--yes", "", "Drops without asking."};
constexpr Option kListOptions[] = {kFrom, kTo, kOlder, kJson};
constexpr Option kShowOptions[] = {kJson};
constexpr Option kChangeOptions[] = {kFrom, kTo, kOlder, kAll};
constexpr Option kRerouteOptions[] = {kVia, kFrom, kTo, kOlder, kAll};
constexpr Option kDropOptions[] = {kFrom, kTo, kOlder, kAll, kYes};

constexpr Action kActions[] = {
    {"list", "[ID…]", kListOptions,
     "Prints what waits to be sent, the oldest first: its id, age, size, sender, first recipient\n"
     "and how many more, and what it waits for.",
     &list},
    {"show", "ID…", kShowOptions, "Prints everything about messages.", &show},
    {"retry", "[ID…]", kChangeOptions,
     "Has it tried now, whenever its next attempt would be. Where no server could be reached, the\n"
     "other mail for the same domain is tried as well. What is held stays held, and what its sender\n"
     "wants to leave later waits.",
     &retry},
    {"hold", "[ID…]", kChangeOptions,
     "Has it wait until it is released: it is not sent, it is not returned to its sender when it\n"
     "gets too old, and nobody is told that it is late. A message that is being sent is sent.",
     &hold},
    {"release", "[ID…]", kChangeOptions,
     "Ends that, and has it tried now. What is too old by then is tried this once.", &release},
    {"reroute", "[ID…]", kRerouteOptions,
     "Has it go by another server than its domain's, and has it tried now; what is held stays held.\n"
     "New mail for the same domain goes as before. A user's password is that of [relay] passwords.",
     &reroute},
    {"drop", "[ID…]", kDropOptions,
     "Takes it from the queue, for good. No report is sent: its senders are not told. Copies for\n"
     "users on this server stay, and so does its trace. Asks first on a terminal.",
     &drop},
};

}  // namespace

extern constinit const Verb queue_verb{
    "queue", "mail that waits to be sent to other servers", kActions,
    "A message's id is what \"id\" says in the log, and what its sender's program was told; postroom\n"
    "trace ID tells what has happened to it so far.\n"
    "Options that say which mail can be combined; all of them must be true of it. With --to, the\n"
    "message's other recipients are left alone.\n"
    "\n"
    "A server that runs looks at the queue every two seconds.",
    "postroom queue list\n"
    "postroom queue list --to example.net --older 2h\n"
    "postroom queue retry --to example.net\n"
    "postroom queue hold --from alice@example.org\n"
    "postroom queue reroute --to example.net --via smtp://mail.example.com\n"
    "postroom queue drop --from alice@example.org --older 1d"};

}  // namespace postroom::cli
