// The trace: what became of each mail is written down with it, is found by all its names, and goes in time.
#include "storage/sqlite/queue_admin.h"
#include "storage/sqlite/trace_search.h"
#include "tests/contract/contract.h"

namespace postroom::testing {
namespace {

using sqlite::TracedMail;
using Kind = TraceEvent::Kind;

class Traces : public Contract {
 protected:
  static Origin origin(const std::string& id, const std::string& from = "Ann@Other.example") {
    Origin origin;
    origin.id = id;
    origin.reverse_path = from;
    origin.peer = "192.0.2.1";
    origin.client = "client.example";
    origin.tls = "TLSv1.3 TLS_AES_256_GCM_SHA384";
    return origin;
  }
  Delivered::Outcome deliver(Delivery delivery, const std::string& message_id = "") {
    Spool spool(store());
    await(spool.append("hello\r\n"));
    MessageFacts facts;
    facts.message_id_text = message_id;
    return await(store().deliver(std::move(delivery), spool, std::move(facts), kNever)).outcome;
  }
  /// For alice, and in the queue.
  void send(const std::string& id, std::initializer_list<const char*> recipients,
            std::vector<AccountId> accounts = {}) {
    Delivery delivery(std::move(accounts));
    delivery.origin = origin(id);
    Outgoing& outgoing = delivery.outgoing.emplace_back();
    outgoing.id = id;
    for (const char* recipient : recipients) outgoing.recipients.emplace_back(recipient);
    EXPECT_EQ(Delivered::Outcome::yes, deliver(std::move(delivery)));
  }
  QueuedMail only(const std::string& destination) {
    const auto mail = await(queue().due_at(destination, runtime().wall_now(), 100)).mail;
    EXPECT_EQ(1u, mail.size());
    return mail.empty() ? QueuedMail() : mail.front();
  }
  /// The queue is done with it.
  QueueProgress finished(const QueuedMail& mail, Kind kind, const std::string& text) {
    QueueProgress progress;
    progress.queue_id = mail.queue_id;
    for (const QueuedRecipient& recipient : mail.recipients) {
      progress.finished.push_back(recipient.number);
      TraceEvent& event = progress.events.emplace_back();
      event.kind = kind;
      event.address = recipient.recipient.address;
      event.via = "mx.one.example";
      event.text = text;
    }
    return progress;
  }

  std::vector<TracedMail> search(sqlite::TraceSearch what) {
    sqlite::Connection db = sqlite::open_database(file());
    return sqlite::search_trace(db, what);
  }
  std::vector<TracedMail> find(const std::string& name, std::size_t most = 10) {
    sqlite::TraceSearch what;
    what.names.push_back(name);
    what.most = most;
    return search(std::move(what));
  }
  /// Their ids, the oldest first.
  static std::vector<std::string> ids(const std::vector<TracedMail>& mails) {
    std::vector<std::string> all;
    for (const TracedMail& mail : mails) all.push_back(mail.origin.id);
    return all;
  }
  TracedMail one(const std::string& name) {
    const auto mails = find(name);
    EXPECT_EQ(1u, mails.size()) << name;
    return mails.empty() ? TracedMail() : mails.front();
  }
  static std::vector<Kind> kinds(const TracedMail& mail) {
    std::vector<Kind> all;
    for (const auto& traced : mail.events) all.push_back(traced.event.kind);
    return all;
  }
  SqliteStore& whole_store() { return static_cast<SqliteStore&>(store()); }
  std::int64_t rows() {
    std::int64_t all = 0;
    for (const char* table : {"trace_mail", "trace_event", "trace_key", "trace_unreachable"})
      all += ask("SELECT count(*) FROM " + std::string(table));
    return all;
  }
};
POSTROOM_CONTRACT(Traces);

TEST_P(Traces, TellsHowMailCameAndWhereItIs) {
  Delivery delivery(std::vector<AccountId>{alice(), bob()});
  delivery.origin = origin("abc");
  delivery.origin->recipients = {{bob(), "bob@example.org"}, {alice(), "info@example.org"}};
  deliver(std::move(delivery), "One@Other.example");

  const TracedMail mail = one("abc");
  EXPECT_LE(mail.at, runtime().wall_now());
  EXPECT_EQ("Ann@Other.example", mail.origin.reverse_path);
  EXPECT_EQ("192.0.2.1", mail.origin.peer);
  EXPECT_EQ("client.example", mail.origin.client);
  EXPECT_EQ("TLSv1.3 TLS_AES_256_GCM_SHA384", mail.origin.tls);
  EXPECT_EQ("One@Other.example", mail.message_id);
  EXPECT_EQ(7u, mail.size);
  ASSERT_EQ((std::vector{Kind::stored, Kind::stored}), kinds(mail));
  EXPECT_EQ("alice@example.org", mail.events[0].event.address);
  EXPECT_EQ("info@example.org", mail.events[0].event.via);
  EXPECT_EQ("INBOX", mail.events[0].event.text);
  EXPECT_EQ(1, mail.events[0].event.value);
  EXPECT_EQ("bob@example.org", mail.events[1].event.address);
  EXPECT_EQ("", mail.events[1].event.via);
  for (const char* name : {"one@other.example", "ann@other.example", "alice@example.org", "info@example.org"})
    EXPECT_EQ(std::vector<std::string>{"abc"}, ids(find(name))) << name;
  for (const char* name : {"ab", "other.example", "carol@example.org", ""})
    EXPECT_TRUE(find(name).empty()) << name;
}

TEST_P(Traces, ThereIsNoneOfWhatWasNotTaken) {
  Delivery delivery(std::vector<AccountId>{AccountId{999}});
  delivery.origin = origin("abc");
  EXPECT_EQ(Delivered::Outcome::gone, deliver(std::move(delivery)));
  EXPECT_EQ(0, rows());
}

TEST_P(Traces, TellsThatAnAdministratorRemovedIt) {
  send("abc", {"Bob@ONE.example", "carol@two.example"});
  sqlite::Connection db = sqlite::open_database(file());
  sqlite::QueueFilter filter;
  filter.recipient = "@one.example";
  sqlite::drop_queue(db, filter, runtime().wall_now());
  const TracedMail mail = one("abc");
  ASSERT_EQ((std::vector{Kind::queued, Kind::queued, Kind::removed}), kinds(mail));
  EXPECT_EQ("bob@one.example", mail.events[2].event.address);
  EXPECT_EQ(std::vector<std::string>{"carol@two.example"}, mail.waiting);
}

TEST_P(Traces, FollowsMailThroughTheQueue) {
  send("abc", {"Bob@ONE.example", "carol@two.example"}, {alice()});
  EXPECT_EQ((std::vector{Kind::stored, Kind::queued, Kind::queued}), kinds(one("bob@one.example")));
  EXPECT_EQ((std::vector<std::string>{"Bob@ONE.example", "carol@two.example"}), one("abc").waiting);

  await(queue().progress(finished(only("one.example"), Kind::delivered, "250 2.0.0 Ok")));
  const TracedMail mail = one("abc");
  ASSERT_EQ((std::vector{Kind::stored, Kind::queued, Kind::queued, Kind::delivered}), kinds(mail));
  EXPECT_EQ("mx.one.example", mail.events[3].event.via);
  EXPECT_EQ("250 2.0.0 Ok", mail.events[3].event.text);
  EXPECT_EQ(std::vector<std::string>{"carol@two.example"}, mail.waiting);
  reopen();
  EXPECT_EQ(4u, one("abc").events.size());
}

TEST_P(Traces, ADestinationThatCannotBeReachedIsToldOfAllMailThatWaitsForIt) {
  send("first", {"bob@one.example"});
  send("other", {"dave@two.example"});
  send("second", {"carol@one.example"});
  const WallTime then = runtime().wall_now() + std::chrono::hours(1);
  await(queue().put_off("one.example", then, "Connection refused"));
  EXPECT_EQ(1, ask("SELECT count(*) FROM trace_unreachable"));
  for (const char* id : {"first", "second"}) {
    const TracedMail mail = one(id);
    ASSERT_EQ((std::vector{Kind::queued, Kind::unreachable}), kinds(mail)) << id;
    EXPECT_EQ("one.example", mail.events[1].event.address);
    EXPECT_EQ("Connection refused", mail.events[1].event.text);
    EXPECT_EQ(then.time_since_epoch().count(), mail.events[1].event.value);
  }
  EXPECT_EQ(std::vector{Kind::queued}, kinds(one("other")));
}

TEST_P(Traces, AReportIsFoundWithWhatItIsAbout) {
  send("abc", {"bob@one.example"});
  Delivery report(std::vector<AccountId>{alice()});
  report.in_place_of = finished(only("one.example"), Kind::failed, "550 5.1.1 No");
  report.origin = origin("def", "");
  report.origin->about = "abc";
  deliver(std::move(report));
  const auto mails = find("abc");
  ASSERT_EQ((std::vector<std::string>{"abc", "def"}), ids(mails));
  EXPECT_EQ((std::vector{Kind::queued, Kind::failed}), kinds(mails[0]));
  EXPECT_EQ("abc", mails[1].origin.about);
  EXPECT_EQ(std::vector{Kind::stored}, kinds(mails[1]));
}

TEST_P(Traces, AreFoundByDomainAndTimeUpToANumber) {
  send("one", {"bob@one.example"});
  send("two", {"bob@one.example"});
  send("three", {"bob@else.example"});
  EXPECT_EQ((std::vector<std::string>{"one", "two"}), ids(find("bob@one.example")));
  EXPECT_EQ((std::vector<std::string>{"two"}), ids(find("bob@one.example", 1)));
  sqlite::TraceSearch what;
  what.names = {"@one.example"};
  what.most = 10;
  EXPECT_EQ((std::vector<std::string>{"one", "two"}), ids(search(what)));
  what.names = {"@other.EXAMPLE"};
  EXPECT_EQ(3u, search(what).size()) << "also of the sender";
  what.most = 2;
  EXPECT_EQ((std::vector<std::string>{"two", "three"}), ids(search(what)));
  what.names = {"@e.example"};
  EXPECT_TRUE(search(what).empty());
  what.names = {"bob@one.example"};
  what.since = runtime().wall_now() + std::chrono::seconds(1);
  EXPECT_TRUE(search(what).empty());
  what.since = runtime().wall_now() - std::chrono::hours(1);
  EXPECT_EQ(2u, search(what).size());
}

TEST_P(Traces, TellWhereAnAdministratorHadItGo) {
  const auto pass_on = [&](const std::string& destination) {
    await(queue().put_off(destination, runtime().wall_now(), "not reached: " + destination));
  };
  send("abc", {"bob@one.example", "carol@two.example"});
  const QueuedMail mail = only("one.example");
  {
    sqlite::Connection db = sqlite::open_database(file());
    db.run_script("UPDATE queued SET arrived = arrived - 100; UPDATE trace_mail SET at = at - 100");
    sqlite::QueueFilter filter;
    filter.recipient = "@one.example";
    pass_on("smtp://hub.example:25");  // while it has nothing to do with it
    sqlite::reroute_queue(db, filter, "smtp://hub.example:25",
                          runtime().wall_now() + std::chrono::seconds(1));
    db.run_script("UPDATE trace_unreachable SET at = at - 50");
  }
  {
    sqlite::Connection db = sqlite::open_database(file());
    const WallTime later = runtime().wall_now() + std::chrono::seconds(2);
    sqlite::trace_unreachable(db, "smtp://hub.example:25", "refused", later, later);
    sqlite::trace_unreachable(db, "one.example", "refused", later, later);
  }
  const TracedMail traced = one("abc");
  EXPECT_EQ((std::vector<Kind>{Kind::queued, Kind::queued, Kind::rerouted, Kind::unreachable}),
            kinds(traced));
  ASSERT_EQ(4u, traced.events.size());
  EXPECT_EQ("smtp://hub.example:25", traced.events[2].event.text);
  EXPECT_EQ("smtp://hub.example:25", traced.events[3].event.address);
}

TEST_P(Traces, AreFoundAmongMany) {
  const WallTime begin = runtime().wall_now();
  {
    sqlite::Connection db = sqlite::open_database(file());
    sqlite::Transaction transaction(db, sqlite::Transaction::Kind::write);
    for (int i = 0; i < 5000; ++i) {
      const char* from = i % 1000 == 7 ? "rare@other.example" : "often@other.example";
      sqlite::trace_mail(db, origin("mail" + std::to_string(i), from), "", 1, {},
                         begin + std::chrono::seconds(i));
    }
    transaction.commit();
  }
  EXPECT_EQ((std::vector<std::string>{"mail7", "mail1007", "mail2007", "mail3007", "mail4007"}),
            ids(find("rare@other.example")));
  EXPECT_EQ((std::vector<std::string>{"mail3007", "mail4007"}), ids(find("rare@other.example", 2)));
  sqlite::TraceSearch what;
  what.names.emplace_back("rare@other.example");
  what.most = 10;
  what.since = begin + std::chrono::seconds(1007);
  EXPECT_EQ(4u, search(what).size());
  EXPECT_EQ(1u, find("mail2500").size());
}

TEST_P(Traces, GoInTimeAndLeaveNothing) {
  {
    sqlite::Connection db = sqlite::open_database(file());
    sqlite::Transaction transaction(db, sqlite::Transaction::Kind::write);
    TraceEvent event;
    event.kind = Kind::queued;
    event.address = "bob@one.example";
    const WallTime long_ago = runtime().wall_now() - std::chrono::hours(31 * 24);
    for (int i = 0; i < 1500; ++i) {
      const auto mail = sqlite::trace_mail(db, origin("mail" + std::to_string(i)), "", 1, {event}, long_ago);
      sqlite::trace_event(db, mail, event, long_ago);
    }
    sqlite::trace_unreachable(db, "one.example", "Connection refused", long_ago, long_ago);
    transaction.commit();
  }
  send("new", {"bob@one.example"});
  whole_store().start();
  eventually([&] { return ask("SELECT count(*) FROM trace_mail") == 1; });
  EXPECT_EQ((std::vector<std::string>{"new"}), ids(find("bob@one.example")));
  eventually([&] { return ask("SELECT count(*) FROM trace_unreachable") == 0; });
  EXPECT_EQ(2, rows());
}

TEST_P(Traces, AreNotKeptWhereNobodyWantsThem) {
  send("abc", {"bob@one.example"}, {alice()});
  whole_store().keep_trace(std::chrono::seconds(0));
  await(queue().put_off("one.example", runtime().wall_now(), "Connection refused"));
  send("def", {"bob@one.example"}, {alice()});
  EXPECT_TRUE(find("def").empty());
  EXPECT_EQ(0, ask("SELECT count(*) FROM trace_unreachable"));
  EXPECT_EQ(2u, await(store().status(alice(), "INBOX"))->messages);
}

}  // namespace
}  // namespace postroom::testing
