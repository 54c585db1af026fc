// postroom trace: what became of a mail.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "base/text.h"
#include "protocols/mime/canonical.h"
#include "server/cli_data.h"
#include "server/trace_text.h"
#include "storage/sqlite/trace_search.h"

namespace postroom::cli {
namespace {

constexpr std::size_t kMost = 20;
/// Mail whose addresses are looked at for a suggestion.
constexpr std::size_t kRecent = 1000;

std::size_t limit(const Arguments& arguments) {
  if (!arguments.has("--limit")) return kMost;
  const std::string text = arguments.one("--limit");
  const auto number = parse_number(text);
  if (!number || *number == 0)
    throw Misuse("\"" + text + "\" is no number of messages; write it like \"100\"");
  return static_cast<std::size_t>(std::min<std::uint64_t>(*number, 1'000'000));
}

WallTime since(const Arguments& arguments) {
  if (!arguments.has("--since")) return {};
  const std::string text = arguments.one("--since");
  const auto time = parse_duration(text);
  if (!time) throw Misuse("\"" + text + "\" is no time; write it like \"30m\", \"4h\" or \"2d\"");
  return wall_now() - *time;
}

bool is_domain(std::string_view text) {
  return text.starts_with('@') ||
         (text.find('@') == std::string_view::npos && text.find('.') != std::string_view::npos);
}

/// As an address may be written, or a Message-ID with its brackets.
sqlite::TraceSearch search_for(std::string text) {
  if (text.starts_with('<') && text.ends_with('>')) text = text.substr(1, text.size() - 2);
  text = trim(text);
  if (text.empty()) throw Misuse("name a queue id, a Message-ID, an address or a domain");
  sqlite::TraceSearch what;
  what.names.push_back(lower(text));
  // A domain typed as people write it, where the trace has it as DNS does, or the other way round.
  const std::string stored = lower(mime::stored_address(text));
  if (stored != what.names.front()) what.names.push_back(stored);
  return what;
}

/// Where nothing has exactly that name.
std::vector<sqlite::TracedMail> search_further(sqlite::Connection& db, sqlite::TraceSearch what) {
  const std::string name = what.names.front();
  if (is_domain(name)) {
    what.names = {name.starts_with('@') ? name : "@" + name};
    return sqlite::search_trace(db, what);
  }
  if (name.size() < 4 || name.find('@') != std::string::npos) return {};
  what.names = sqlite::trace_ids_beginning(db, name, 2);
  if (what.names.size() == 2) throw Failure("several messages have an id that begins with \"" + name + "\"");
  return what.names.empty() ? std::vector<sqlite::TracedMail>() : sqlite::search_trace(db, what);
}

[[noreturn]] void nothing(sqlite::Connection& db, const Config& config, const Arguments& arguments) {
  const std::string text = arguments.one("WHAT");
  if (config.log.trace.count() == 0)
    throw Failure("there is no trace: the configuration has trace = \"none\" in [log]");
  const std::string period =
      arguments.has("--since") ? arguments.one("--since") : format_duration(config.log.trace);
  std::string what = "no mail of the last " + period + " has to do with \"" + text + "\"";
  const auto addresses = sqlite::recent_trace_addresses(db, kRecent);
  std::vector<std::string_view> views(addresses.begin(), addresses.end());
  if (is_domain(text)) std::ranges::transform(views, views.begin(), &domain_of);
  if (const auto near = nearest(lower(text), views)) what += "; did you mean \"" + printable(*near) + "\"?";
  throw Failure(what + "\nWhat was refused while it came is in the server's log only.");
}

int print(const Terminal& terminal, const Arguments& arguments) {
  sqlite::TraceSearch what = search_for(arguments.one("WHAT"));
  const std::size_t most = limit(arguments);
  what.since = since(arguments);
  what.most = most + 1;
  const Config config = load(arguments);
  auto db = open_data(config);
  std::vector<sqlite::TracedMail> mails = sqlite::search_trace(db, what);
  if (mails.empty()) mails = search_further(db, what);
  if (mails.empty()) nothing(db, config, arguments);
  const bool more = mails.size() > most;
  if (more) mails.erase(mails.begin());
  if (arguments.has("--json")) {
    terminal.out << trace_json(mails);
    return kDone;
  }
  terminal.out << trace_text(mails);
  if (more) terminal.out << "\nThere is older mail; to see it, say --limit " << 5 * most << "\n";
  return kDone;
}

constexpr Option kOptions[] = {
    {"--since", "TIME", "Only mail that came within this time: \"30m\", \"4h\", \"2d\"."},
    {"--limit", "NUMBER", "The newest so many messages, instead of 20."},
    kJson,
};
constexpr Action kActions[] = {
    {"", "WHAT", kOptions,
     "Prints what became of each mail that WHAT names: how it came, which mailboxes it was\n"
     "stored in, each attempt to send it on and what the other server said. WHAT is the id\n"
     "that the server gave it (its first characters will do), its Message-ID, an address that\n"
     "it came from or was for, or such an address's domain.",
     &print}};

}  // namespace

extern constinit const Verb trace_verb{
    "trace", "what became of a mail", kActions,
    "Times are UTC. The trace of a mail is kept for 30 days, or as the configuration says: trace\n"
    "in [log]. What was refused while it came was never a mail of ours, and is in the log only;\n"
    "so strangers cannot fill the disk.",
    "postroom trace e284a6b9067e0254e35c\n"
    "postroom trace '<20261129064136.007516@example.org>'\n"
    "postroom trace bob@example.org --since 2d\n"
    "postroom trace example.net --limit 100 --json"};

}  // namespace postroom::cli
