// The queue by the command line: what it shows, and what it does beside a running server.
#include <nlohmann/json.hpp>

#include "storage/sqlite/queue.h"
#include "storage/sqlite/schema.h"
#include "tests/unit/server/cli_fixture.h"

namespace postroom::cli {
namespace {

using nlohmann::json;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class QueueVerb : public AccountsTest {
 protected:
  sqlite::Connection database() const { return sqlite::open_database(data() / "postroom.db"); }
  static WallTime now() { return std::chrono::floor<seconds>(std::chrono::system_clock::now()); }

  /// Puts a message of 2 KiB into the queue that came so long ago; its QueueId.
  QueueId queue(const char* id, const char* from, std::initializer_list<const char*> to,
                seconds age = hours(3), const MailDsn& dsn = {}, const Notify& notify = {}) {
    Outgoing outgoing;
    outgoing.id = id;
    outgoing.reverse_path = from;
    outgoing.dsn = dsn;
    for (const char* recipient : to) outgoing.recipients.emplace_back(recipient).dsn.notify = notify;
    auto db = database();
    sqlite::enqueue(db, outgoing, ContentId{++contents_}, 2048, sqlite::TraceId::none, now() - age);
    return QueueId{*sqlite::lookup(db, "SELECT max(id) FROM queued")};
  }
  void put_off(QueueId message, std::uint32_t number, seconds wait, const char* problem) {
    QueueProgress progress;
    progress.queue_id = message;
    progress.destination = "one.example";
    QueueProgress::PutOff& off = progress.put_off.emplace_back();
    off.number = number;
    off.due = now() + wait;
    off.problem = problem;
    auto db = database();
    sqlite::progress(db, progress, now());
  }
  std::vector<std::string> due() {
    auto db = database();
    std::vector<std::string> names;
    for (const auto& destination : sqlite::due(db, now(), 10).destinations) names.push_back(destination.name);
    return names;
  }
  /// Two messages to three recipients; one of them waits.
  void queue_some() {
    const QueueId first = queue("AAA", "alice@example.org", {"bob@one.example", "carol@two.example"});
    put_off(first, 0, minutes(12), "mx.one.example: 450 4.7.1 greylisted");
    queue("BBB", "", {"dave@two.example"}, minutes(5));
  }

 private:
  std::int64_t contents_ = 1000;
};

TEST_F(QueueVerb, AnEmptyQueueIsSaidToBe) {
  EXPECT_DONE(here("queue list"), "the queue is empty\n");
  EXPECT_DONE(here("queue list --json"), "[]\n");
  EXPECT_DONE(here("queue retry --all"), "the queue is empty\n");
  EXPECT_DONE(here("queue hold --to one.example"), "nothing in the queue matches\n");
  EXPECT_DONE(here("queue list --older 2h"), "nothing in the queue matches\n");
}

TEST_F(QueueVerb, WhatStrangersSayDoesNotSteerTheTerminal) {
  MailDsn dsn;
  dsn.envelope_id = "a\x1b[2J";
  put_off(queue("AAA",
                "al\xC2\x9B"
                "2J\xC3\xA9@example.org",
                {"b\x7Fob@one.example"}, hours(3), dsn),
          0, minutes(12), "mx.one.example: 450 \x1b]0;x\x07 \xFFno");
  EXPECT_DONE(here("queue list"),
              "ID   AGE  SIZE   FROM                TO                STATE\n"
              "AAA  3 h  2 KiB  al?2J\xC3\xA9@example.org  b?ob@one.example  next attempt in 12 min: "
              "mx.one.example: 450 ?]0;x? ?no\n"
              "1 message to 1 recipient, 2 KiB\n");
  const std::string page = here("queue show AAA").out;
  EXPECT_NE(page.find("a?[2J"), std::string::npos) << page;
  EXPECT_EQ(page.find_first_of("\x1b\x07\x7F\xFF"), std::string::npos) << page;
  EXPECT_EQ(page.find("\xC2\x9B"), std::string::npos) << page;
}

TEST_F(QueueVerb, ListsWhatWaitsForWhat) {
  put_off(queue("AAA", "alice@example.org", {"bob@one.example"}), 0, minutes(12),
          "mx.one.example: 450 4.7.1 greylisted");
  queue("BBB", "", {"carol@two.example", "dave@two.example", "erin@four.example"}, minutes(5));
  queue("CCC", "frank@example.org", {"grace@three.example"}, hours(100));
  put_off(queue("DDD", "frank@example.org", {"bob@one.example", "heidi@three.example"}), 0, hours(4),
          (std::string("mx.one.example: 451 ") + std::string(200, 'x')).c_str());
  EXPECT_DONE(here("queue hold --to three.example"), "2 messages to 2 recipients held\n");
  const Outcome listed = here("queue list");
  EXPECT_DONE(listed,
              "ID   AGE     SIZE   FROM               TO                    STATE\n"
              "AAA  3 h     2 KiB  alice@example.org  bob@one.example       next attempt in 12 min: "
              "mx.one.example: 450 4.7.1 greylisted\n"
              "BBB  5 min   2 KiB  <>                 carol@two.example +2  being sent or waiting for "
              "its turn\n"
              "CCC  4 days  2 KiB  frank@example.org  grace@three.example   held\n"
              "DDD  3 h     2 KiB  frank@example.org  bob@one.example +1    next attempt in 4 h, 1 "
              "held: mx.one.example: 451 " +
                  std::string(70, 'x') +
                  "…\n"
                  "4 messages to 7 recipients, 8 KiB; 2 recipients held\n");
  EXPECT_DONE(here("queue list AAA BBB CCC --from alice@example.org --to ONE.example --older 2h"),

              "ID   AGE  SIZE   FROM               TO               STATE\n"
              "AAA  3 h  2 KiB  alice@example.org  bob@one.example  next attempt in 12 min: "
              "mx.one.example: 450 4.7.1 greylisted\n"
              "1 message to 1 recipient, 2 KiB\n");
}

TEST_F(QueueVerb, ShowsAllAboutOne) {
  MailDsn dsn;
  dsn.envelope_id = "QQ314159";
  const Notify notify{.said = true, .success = true, .failure = false, .delay = true};
  const QueueId id = queue("AAA", "alice@example.org", {"bob@one.example"}, hours(3), dsn, notify);
  put_off(id, 0, minutes(12), "mx.one.example: 450 4.7.1 greylisted");
  const std::string out = here("queue show AAA").out;
  EXPECT_TRUE(out.starts_with("id           AAA\nfrom         alice@example.org\narrived      20")) << out;
  EXPECT_TRUE(
      out.ends_with(" UTC, 3 h ago\n"
                    "size         2 KiB\n"
                    "envelope id  QQ314159\n"
                    "to           bob@one.example\n"
                    "             next attempt in 12 min, after 1 attempt\n"
                    "             mx.one.example: 450 4.7.1 greylisted\n"
                    "             its sender wants reports: success, delay\n"))
      << out;
  EXPECT_REFUSED(
      here("queue show"), kMisuse,
      "postroom: ID is missing\nusage: postroom queue show ID… [--json]\nSee: postroom help queue\n");
}

TEST_F(QueueVerb, TellsProgramsInJson) {
  queue_some();
  here("queue hold --to carol@two.example");
  const json all = json::parse(here("queue list --json").out);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].at("id"), "AAA");
  EXPECT_EQ(all[0].at("from"), "alice@example.org");
  EXPECT_EQ(all[0].at("size"), 2048);
  EXPECT_EQ(all[0].at("recipients")[0].at("state"), "waiting");
  EXPECT_EQ(all[0].at("recipients")[0].at("attempts"), 1);
  EXPECT_EQ(all[0].at("recipients")[0].at("problem"), "mx.one.example: 450 4.7.1 greylisted");
  EXPECT_EQ(all[0].at("recipients")[1].at("state"), "held");
  EXPECT_TRUE(all[0].at("recipients")[1].at("next_attempt").is_null());
  EXPECT_EQ(all[1].at("recipients")[0].at("state"), "due");
  EXPECT_EQ(json::parse(here("queue show AAA --json").out), json::array({all[0]}));
}

TEST_F(QueueVerb, HoldsAndReleases) {
  queue_some();
  EXPECT_DONE(here("queue hold AAA"), "1 message to 2 recipients held\n");
  EXPECT_DONE(here("queue hold AAA"), "held already\n");
  EXPECT_DONE(here("queue hold --all"), "1 message to 1 recipient held\n");
  EXPECT_TRUE(due().empty());
  EXPECT_DONE(here("queue retry --all"),
              "nothing to be tried\n3 recipients held; to try those too: postroom queue release\n");
  EXPECT_DONE(here("queue release --to two.example"),
              "2 messages to 2 recipients released, to be tried now\n");
  EXPECT_EQ(due(), std::vector<std::string>{"two.example"});
  EXPECT_DONE(here("queue release BBB"), "nothing of it is held\n");
}

TEST_F(QueueVerb, Retries) {
  queue_some();
  EXPECT_EQ(due(), std::vector<std::string>{"two.example"});
  EXPECT_DONE(here("queue retry --from example.org --to @one.example"),
              "1 message to 1 recipient to be tried now\n");
  EXPECT_EQ(due().size(), 2u);
}

TEST_F(QueueVerb, ReroutesAndTakesItBack) {
  queue_some();
  EXPECT_DONE(here("queue reroute --to one.example --via smtp://Hub.example"),
              "1 message to 1 recipient to be sent by smtp://hub.example:25\n");
  EXPECT_DONE(here("queue reroute AAA --to one.example --via smtp://hub.example:25"),
              "nothing that does not go by smtp://hub.example:25\n");
  EXPECT_EQ(due(), (std::vector<std::string>{"two.example", "smtp://hub.example:25"}));
  EXPECT_NE(here("queue list AAA").out.find(", 1 rerouted"), std::string::npos);
  EXPECT_NE(here("queue list --to one.example").out.find(", by smtp://hub.example:25"), std::string::npos);
  EXPECT_NE(here("queue show AAA").out.find(", by smtp://hub.example:25"), std::string::npos);
  const json all = json::parse(here("queue list AAA --json").out);
  EXPECT_EQ(all[0].at("recipients")[0].at("route"), "smtp://hub.example:25");
  EXPECT_TRUE(all[0].at("recipients")[1].at("route").is_null());
  EXPECT_DONE(here("queue reroute --all --via default"),
              "1 message to 1 recipient to be sent its usual way\n");
  EXPECT_EQ(due(), (std::vector<std::string>{"two.example", "one.example"}));
  EXPECT_DONE(here("queue hold --all"), "2 messages to 3 recipients held\n");
  EXPECT_DONE(here("queue reroute BBB --via lmtp://[::1]:24"),
              "1 message to 1 recipient to be sent by lmtp://[::1]:24\n"
              "1 recipient held; to try those too: postroom queue release\n");
  EXPECT_TRUE(due().empty());
}

TEST_F(QueueVerb, ReroutesOnlyWhereItCanGo) {
  queue_some();
  EXPECT_REFUSED(here("queue reroute --all"), kMisuse,
                 "postroom: say where it goes: --via smtp://mail.example.net, or --via default\n");
  EXPECT_REFUSED(here("queue reroute --via default"), kMisuse,
                 "postroom: say which mail: by its ID, --from, --to or --older, or --all of it\n");
  EXPECT_REFUSED(here("queue reroute --all --via hub.example"), kMisuse,
                 "postroom: \"hub.example\" has no transport: it is smtp://, submission://, submissions:// "
                 "or lmtp://\n");
  EXPECT_REFUSED(here("queue reroute --all --via submission://me@hub.example"), kMisuse,
                 "postroom: there is no password for me@hub.example: name the file that has it as [relay] "
                 "passwords\n");
  EXPECT_EQ(due(), std::vector<std::string>{"two.example"});
}

TEST_F(QueueVerb, DropsForGoodWhenThatIsMeant) {
  queue_some();
  EXPECT_REFUSED(here("queue drop --all"), kMisuse,
                 "postroom: to drop 2 messages to 3 recipients for good, add --yes\n");
  EXPECT_REFUSED(here("queue drop BBB", "n\n", true), kFailed,
                 "Drop 1 message to 1 recipient for good? [y/N] postroom: nothing was dropped\n");
  const Outcome dropped = here("queue drop --from <>", "y\n", true);
  EXPECT_EQ(dropped.out, "1 message to 1 recipient dropped; nobody is told\n");
  EXPECT_DONE(here("queue drop --to carol@two.example --yes"),
              "1 message to 1 recipient dropped; nobody is told\n");
  EXPECT_DONE(here("queue drop --all --yes"), "1 message to 1 recipient dropped; nobody is told\n");
  EXPECT_DONE(here("queue list"), "the queue is empty\n");
}

TEST_F(QueueVerb, AsksForWhatIsMeant) {
  queue_some();
  for (const char* verb : {"retry", "hold", "release", "drop"})
    EXPECT_REFUSED(here("queue " + std::string(verb)), kMisuse,
                   "postroom: say which mail: by its ID, --from, --to or --older, or --all of it\n");
  EXPECT_REFUSED(
      here("queue hold AAA CCC"), kFailed,
      "postroom: no message CCC is in the queue; it may have left it by now. See: postroom queue list\n");
  EXPECT_REFUSED(here("queue list --older soon"), kMisuse,
                 "postroom: \"soon\" is no time; write it like \"90s\", \"5m\", \"4h\" or \"2d\"\n");
  EXPECT_REFUSED(here("queue list --to -_-"), kMisuse,
                 "postroom: \"-_-\" is not a domain; it looks like \"example.org\"\n");
  EXPECT_EQ(here("queue hold --from example.org --to=").code, kMisuse) << "a variable that is not set";
  EXPECT_EQ(due(), std::vector<std::string>{"two.example"}) << "nothing has been held";
}

}  // namespace
}  // namespace postroom::cli
