// postroom trace: a pleasure to read, and as JSON.
#include <nlohmann/json.hpp>

#include "storage/sqlite/accounts.h"
#include "storage/sqlite/queue.h"
#include "storage/sqlite/trace.h"
#include "tests/unit/server/cli_fixture.h"

namespace postroom::cli {
namespace {

using nlohmann::json;
using sqlite::TraceId;
using Kind = TraceEvent::Kind;

class Traced : public AccountsTest {
 protected:
  sqlite::Connection db() { return sqlite::open_database(data() / "postroom.db"); }
  /// The 29th of November 2026, at so many seconds after 06:41:36.
  static WallTime at(std::int64_t seconds) { return WallTime(std::chrono::seconds(1795934496 + seconds)); }

  TraceId come(const Origin& origin, const std::vector<TraceEvent>& events,
               const std::string& message_id = "one@a.example", WallTime when = at(0)) {
    sqlite::Connection connection = db();
    return sqlite::trace_mail(connection, origin, message_id, 379, events, when);
  }
  static TraceEvent stored(std::string address, Uid uid, std::string via = "") {
    return event(Kind::stored, std::move(address), "INBOX", std::move(via), uid);
  }
  static TraceEvent queued(std::string address) { return event(Kind::queued, std::move(address)); }
  static TraceEvent event(Kind kind, std::string address, std::string text = "", std::string via = "",
                          std::int64_t value = 0, std::string tls = "TLSv1.3 X") {
    TraceEvent event;
    event.kind = kind;
    event.address = std::move(address);
    event.text = std::move(text);
    event.via = std::move(via);
    event.value = value;
    event.tls = std::move(tls);
    return event;
  }
  void happen(TraceId mail, WallTime when, const TraceEvent& what) {
    sqlite::Connection connection = db();
    sqlite::trace_event(connection, mail, what, when);
  }
  static Origin origin(std::string id = "e284a6b9067e0254e35c") {
    Origin origin;
    origin.id = std::move(id);
    origin.reverse_path = "u@a.example";
    origin.peer = "127.0.0.1";
    origin.user = "u@a.example";
    origin.client = "laptop";
    origin.tls = "TLSv1.3 TLS_AES_256_GCM_SHA384";
    return origin;
  }
  static std::int64_t seconds(WallTime time) { return time.time_since_epoch().count(); }
};

TEST_F(Traced, IsAStory) {
  const TraceId mail =
      come(origin(), {stored("bob@a.example", 12, "info@a.example"), queued("carol@b.example")});
  happen(mail, at(1),
         event(Kind::deferred, "carol@b.example", "450 4.7.1 come again", "mx.b.example", seconds(at(301))));
  happen(mail, at(302), event(Kind::delivered, "carol@b.example", "250 2.0.0 Ok", "mx.b.example", 0, ""));
  const std::string story =
      "e284a6b9067e0254e35c  <one@a.example>\n"
      "  2026-11-29 06:41:36  came from u@a.example (logged in, 127.0.0.1, TLSv1.3), 379 bytes\n"
      "             06:41:36  bob@a.example: stored in INBOX, UID 12, sent to info@a.example\n"
      "             06:41:36  carol@b.example: queued\n"
      "             06:41:37  carol@b.example: mx.b.example said 450 4.7.1 come again (TLSv1.3); next "
      "attempt at"
      " 06:46:37\n"
      "             06:46:38  carol@b.example: delivered to mx.b.example: 250 2.0.0 Ok (without TLS)\n";
  for (const char* what : {"e284a6b9067e0254e35c", "<one@a.example>", "ONE@a.example", "u@a.example",
                           "carol@b.example", "info@a.example", "b.example", "@a.example", "E284A6"})
    EXPECT_DONE(here("trace " + std::string(what)), story);
}

TEST_F(Traced, TellsWhatFailedAndWhoWasTold) {
  Origin from_outside = origin();
  from_outside.user.clear();
  const TraceId mail = come(from_outside, {queued("carol@b.example")}, "");
  happen(mail, at(1),
         event(Kind::deferred, "carol@b.example", "the connection has ended", "mx.b.example",
               seconds(at(86400))));
  happen(mail, at(86400), event(Kind::failed, "carol@b.example", "550 5.1.1 No such user", "mx.b.example"));
  happen(mail, at(86400), event(Kind::failed, "dave@none.example", "the domain does not exist"));
  happen(mail, at(86400), event(Kind::reported, "u@a.example", "failed", "83ab"));
  Origin report;
  report.id = "83ab";
  report.about = from_outside.id;
  come(report, {stored("u@a.example", 3)}, "two@a.example", at(86400));
  EXPECT_DONE(
      here("trace e284a6b9067e0254e35c"),
      "e284a6b9067e0254e35c\n"
      "  2026-11-29 06:41:36  came from u@a.example (laptop [127.0.0.1], TLSv1.3), 379 bytes\n"
      "             06:41:36  carol@b.example: queued\n"
      "             06:41:37  carol@b.example: mx.b.example: the connection has ended (TLSv1.3); next "
      "attempt at"
      " 2026-11-30 06:41:36\n"
      "  2026-11-30 06:41:36  carol@b.example: failed for good: mx.b.example said 550 5.1.1 No such user"
      " (TLSv1.3)\n"
      "             06:41:36  dave@none.example: failed for good: the domain does not exist\n"
      "             06:41:36  told u@a.example that it could not be delivered, by 83ab\n"
      "\n"
      "83ab  <two@a.example>\n"
      "  2026-11-30 06:41:36  made here, a report on e284a6b9067e0254e35c, 379 bytes\n"
      "             06:41:36  u@a.example: stored in INBOX, UID 3\n");
}

TEST_F(Traced, TellsWhatStillWaitsAndWhy) {
  const TraceId mail = come(origin(), {queued("carol@b.example")});
  {
    sqlite::Connection connection = db();
    Outgoing outgoing;
    outgoing.id = origin().id;
    outgoing.recipients.emplace_back("carol@b.example");
    sqlite::enqueue(connection, outgoing, ContentId{1}, 379, mail, at(0));
    sqlite::trace_unreachable(connection, "b.example", "Connection refused", at(300), at(1));
    sqlite::trace_unreachable(connection, "b.example", "Connection refused", at(900), at(300));
    sqlite::trace_unreachable(connection, "b.example", "Connection timed out", at(2000), at(900));
    sqlite::trace_unreachable(connection, "c.example", "Connection refused", at(900), at(300));
  }
  EXPECT_DONE(
      here("trace carol@b.example"),
      "e284a6b9067e0254e35c  <one@a.example>\n"
      "  2026-11-29 06:41:36  came from u@a.example (logged in, 127.0.0.1, TLSv1.3), 379 bytes\n"
      "             06:41:36  carol@b.example: queued\n"
      "             06:41:37  b.example cannot be reached (2 times until 06:46:36): Connection refused;"
      " next attempt at 06:56:36\n"
      "             06:56:36  b.example cannot be reached: Connection timed out; next attempt at"
      " 07:14:56\n"
      "                       1 recipient still waits; see: postroom queue show e284a6b9067e0254e35c\n");
  EXPECT_EQ(here("queue drop e284a6b9067e0254e35c --yes").code, kDone);
  const json events = json::parse(here("trace carol@b.example --json").out)[0].at("events");
  EXPECT_EQ(events.back().at("event"), "removed");
  EXPECT_EQ(events.back().at("address"), "carol@b.example");
}

TEST_F(Traced, ShowsTheNewestFew) {
  for (int i = 0; i < 3; ++i) come(origin("id" + std::to_string(i)), {}, "", at(i));
  const Outcome few = here("trace u@a.example --limit 2");
  EXPECT_EQ(few.out.find("id0"), std::string::npos);
  EXPECT_LT(few.out.find("id1\n"), few.out.find("id2\n"));
  EXPECT_TRUE(few.out.ends_with("\nThere is older mail; to see it, say --limit 10\n")) << few.out;
  EXPECT_EQ(json::parse(here("trace u@a.example --limit 2 --json").out).size(), 2u);
  EXPECT_EQ(json::parse(here("trace u@a.example --json").out).size(), 3u);
  EXPECT_EQ(here("trace u@a.example --since 1s").code, kFailed);
}

TEST_F(Traced, PrintsJson) {
  const TraceId mail = come(origin(), {stored("bob@a.example", 12, "info@a.example")});
  happen(mail, at(1),
         event(Kind::deferred, "carol@b.example", "450 4.7.1 come again", "mx.b.example", seconds(at(301))));
  const json all = json::parse(here("trace one@a.example --json").out);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].at("id"), "e284a6b9067e0254e35c");
  EXPECT_EQ(all[0].at("message_id"), "one@a.example");
  EXPECT_EQ(all[0].at("at"), "2026-11-29T06:41:36Z");
  EXPECT_EQ(all[0].at("from"), "u@a.example");
  EXPECT_EQ(all[0].at("tls"), "TLSv1.3 TLS_AES_256_GCM_SHA384");
  EXPECT_EQ(all[0].at("events")[0], json::parse(R"({"at": "2026-11-29T06:41:36Z", "event": "stored",
      "address": "bob@a.example", "mailbox": "INBOX", "uid": 12, "sent_to": ["info@a.example"]})"));
  EXPECT_EQ(all[0].at("events")[1], json::parse(R"({"at": "2026-11-29T06:41:37Z", "event": "deferred",
      "address": "carol@b.example", "host": "mx.b.example", "tls": "TLSv1.3 X",
      "text": "450 4.7.1 come again", "next_attempt": "2026-11-29T06:46:37Z"})"));
}

TEST_F(Traced, LetsNobodySteerTheTerminal) {
  Origin bad = origin();
  bad.user.clear();
  bad.client = "\x1B[31mred\xC2\x9B\xFF\xC3\xA9";
  come(bad, {}, "a\nb@c");
  const Outcome outcome = here("trace u@a.example");
  EXPECT_NE(outcome.out.find("  <a?b@c>\n"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("(?[31mred??\xC3\xA9 ["), std::string::npos) << outcome.out;
  EXPECT_EQ(json::parse(here("trace u@a.example --json").out).size(), 1u);
}

TEST_F(Traced, SaysWhenThereIsNothing) {
  const std::string rest = "\nWhat was refused while it came is in the server's log only.\n";
  EXPECT_REFUSED(here("trace nobody@b.example"), kFailed,
                 "postroom: no mail of the last 30d has to do with \"nobody@b.example\"" + rest);
  come(origin(), {stored("alice@example.org", 1)});
  EXPECT_REFUSED(here("trace alicee@example.org"), kFailed,
                 "postroom: no mail of the last 30d has to do with \"alicee@example.org\"; did you mean"
                 " \"alice@example.org\"?" +
                     rest);
  EXPECT_REFUSED(here("trace elsewhere.net --since 2d"), kFailed,
                 "postroom: no mail of the last 2d has to do with \"elsewhere.net\"" + rest);
  EXPECT_REFUSED(here("trace exmple.org"), kFailed,
                 "postroom: no mail of the last 30d has to do with \"exmple.org\"; did you mean"
                 " \"example.org\"?" +
                     rest);
  come(origin("e284a6ffffffffffffff"), {});
  EXPECT_REFUSED(here("trace e284"), kFailed,
                 "postroom: several messages have an id that begins with \"e284\"\n");
  std::ofstream(config(), std::ios::app) << "[log]\ntrace = \"none\"\n";
  EXPECT_REFUSED(here("trace nobody@b.example"), kFailed,
                 "postroom: there is no trace: the configuration has trace = \"none\" in [log]\n");
}

TEST_F(Traced, IsRefusedWhenAskedForInAWrongWay) {
  EXPECT_EQ(here("trace").code, kMisuse);
  EXPECT_REFUSED(here("trace <>"), kMisuse,
                 "postroom: name a queue id, a Message-ID, an address or a domain\n");
  EXPECT_REFUSED(here("trace a@b --since yesterday"), kMisuse,
                 "postroom: \"yesterday\" is no time; write it like \"30m\", \"4h\" or \"2d\"\n");
  EXPECT_REFUSED(here("trace a@b --limit none"), kMisuse,
                 "postroom: \"none\" is no number of messages; write it like \"100\"\n");
}

}  // namespace
}  // namespace postroom::cli
