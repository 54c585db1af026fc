// What an administrator does to the queue, by another connection than the server's.
#include "storage/sqlite/queue_admin.h"

#include "tests/contract/queues.h"

namespace postroom::testing {
namespace {

using sqlite::QueueChange;
using sqlite::QueueFilter;

class QueueAdmin : public Queues {
 protected:
  void SetUp() override {
    Queues::SetUp();
    db_.emplace(sqlite::open_database(file()));
  }
  void TearDown() override {
    db_.reset();
    Queues::TearDown();
  }
  sqlite::Connection& db() { return *db_; }

  void send_as(const char* id, const char* sender, std::initializer_list<const char*> recipients) {
    Outgoing outgoing = to(recipients, sender);
    outgoing.id = id;
    Delivery delivery;
    delivery.outgoing.push_back(std::move(outgoing));
    deliver(std::move(delivery));
  }
  static QueueFilter to_whom(const char* recipient) {
    QueueFilter filter;
    filter.recipient = recipient;
    return filter;
  }
  /// Addresses of recipients, by the mail's id: "a: bob@one.example carol@two.example".
  std::vector<std::string> listed(const QueueFilter& filter = {}) {
    std::vector<std::string> lines;
    for (const QueuedMail& mail : sqlite::list_queue(db(), filter)) {
      std::string& line = lines.emplace_back(mail.id + ":");
      for (const QueuedRecipient& recipient : mail.recipients) line += " " + recipient.recipient.address;
    }
    return lines;
  }
  using Lines = std::vector<std::string>;

 private:
  std::optional<sqlite::Connection> db_;
};
POSTROOM_CONTRACT(QueueAdmin);

#define EXPECT_CHANGED(change, message_count, recipient_count) \
  do {                                                         \
    const QueueChange changed = (change);                      \
    EXPECT_EQ(changed.messages, message_count##u);             \
    EXPECT_EQ(changed.recipients, recipient_count##u);         \
  } while (false)

TEST_P(QueueAdmin, FiltersByIdSenderRecipientAndAge) {
  EXPECT_TRUE(listed().empty());
  send_as("a", "alice@example.org", {"bob@one.example", "Carol@two.example"});
  send_as("b", "", {"dave@two.example"});
  EXPECT_EQ(listed(), (Lines{"a: bob@one.example Carol@two.example", "b: dave@two.example"}));
  QueueFilter filter;
  filter.ids = {"b", "c"};
  EXPECT_EQ(listed(filter), Lines{"b: dave@two.example"});
  filter.ids = {"b", "a", "b"};
  EXPECT_EQ(listed(filter).size(), 2u);
  filter = {};
  for (const char* sender : {"Alice@example.org", "@Example.org"}) {
    filter.sender = sender;
    EXPECT_EQ(listed(filter), Lines{"a: bob@one.example Carol@two.example"});
  }
  filter.sender = "<>";
  EXPECT_EQ(listed(filter), Lines{"b: dave@two.example"});
  EXPECT_EQ(listed(to_whom("@two.example")), (Lines{"a: Carol@two.example", "b: dave@two.example"}));
  EXPECT_EQ(listed(to_whom("carol@two.example")), Lines{"a: Carol@two.example"});
  for (const char* nobody : {"example", "@example", "two.example", "@"})
    EXPECT_TRUE(listed(to_whom(nobody)).empty()) << nobody;
  filter = {};
  filter.before = now() - kHour;
  EXPECT_TRUE(listed(filter).empty());
  filter.before = in(kHour);
  EXPECT_EQ(listed(filter).size(), 2u);
}

TEST_P(QueueAdmin, TellsWhenMailIsTriedAgainAndWhy) {
  send_as("a", "alice@example.org", {"bob@one.example"});
  const WallTime then = in(kHour);
  put_off(only("one.example"), then);
  QueuedRecipient recipient = sqlite::list_queue(db(), {})[0].recipients[0];
  EXPECT_EQ(recipient.due, then);
  EXPECT_EQ(recipient.attempts, 1u);
  EXPECT_EQ(recipient.problem, "450 come again");
  await(queue().put_off("one.example", then + kHour, "Connection refused"));
  recipient = sqlite::list_queue(db(), {})[0].recipients[0];
  EXPECT_EQ(recipient.due, then + kHour);
  EXPECT_EQ(recipient.problem, "Connection refused");
}

TEST_P(QueueAdmin, HeldMailIsNeitherDueNorLate) {
  send_as("a", "alice@example.org", {"bob@one.example"});
  send_as("b", "alice@example.org", {"carol@one.example", "dave@two.example"});
  EXPECT_CHANGED(sqlite::hold_queue(db(), to_whom("@one.example")), 2, 2);
  EXPECT_CHANGED(sqlite::hold_queue(db(), to_whom("@one.example")), 0, 0);
  EXPECT_TRUE(sqlite::list_queue(db(), {})[0].recipients[0].held);
  EXPECT_EQ(due(in(1000000 * kHour)), Lines{"two.example"});
  EXPECT_TRUE(due_at("one.example", in(1000000 * kHour)).empty());
  EXPECT_TRUE(await(queue().due(now(), 10)).next) << "a server has to look whether it is released";
  for (const bool untold : {true, false}) {
    const auto late = await(queue().late(in(kHour), untold, {}, 10));
    ASSERT_EQ(late.size(), 1u);
    ASSERT_EQ(late[0].recipients.size(), 1u);
    EXPECT_EQ(late[0].recipients[0].recipient.address, "dave@two.example");
  }
  finish(only("two.example"));
  EXPECT_TRUE(await(queue().late(in(kHour), false, {}, 10)).empty());
  reopen();
  EXPECT_TRUE(due(now()).empty());

  EXPECT_CHANGED(sqlite::release_queue(db(), {}, now()), 2, 2);
  EXPECT_CHANGED(sqlite::release_queue(db(), {}, now()), 0, 0);
  EXPECT_EQ(due(now()), Lines{"one.example"});
  EXPECT_EQ(due_at("one.example", now()).size(), 2u);
  EXPECT_EQ(await(queue().late(in(kHour), true, {}, 10)).size(), 2u);
}

TEST_P(QueueAdmin, NewMailForTheSameDomainIsNotHeld) {
  send_as("a", "alice@example.org", {"bob@one.example"});
  sqlite::hold_queue(db(), {});
  send_as("b", "alice@example.org", {"carol@one.example"});
  EXPECT_EQ(only("one.example").id, "b");
  finish(only("one.example"));
  EXPECT_TRUE(due(in(1000000 * kHour)).empty());
}

TEST_P(QueueAdmin, WhatIsUnderWayStaysHeldWhenItIsPutOff) {
  send_as("a", "alice@example.org", {"bob@one.example"});
  const QueuedMail mail = only("one.example");
  sqlite::hold_queue(db(), {});
  put_off(mail, now());
  const QueuedRecipient recipient = sqlite::list_queue(db(), {})[0].recipients[0];
  EXPECT_TRUE(recipient.held);
  EXPECT_EQ(recipient.problem, "450 come again");
  EXPECT_TRUE(due(in(kHour)).empty());
}

TEST_P(QueueAdmin, WhatIsReleasedIsTriedBeforeItIsGivenUp) {
  send_as("a", "alice@example.org", {"bob@one.example"});
  put_off(only("one.example"), in(kHour));
  await(queue().put_off("one.example", in(2 * kHour), "Connection refused"));
  sqlite::hold_queue(db(), {});
  sqlite::release_queue(db(), {}, now());
  EXPECT_EQ(await(queue().late(in(kHour), false, {}, 10)).at(0).recipients[0].problem, "");
  EXPECT_EQ(only("one.example").id, "a");
  EXPECT_EQ(due(now()), Lines{"one.example"});
}

TEST_P(QueueAdmin, RetriesWhatWaitsAndOpensItsDestination) {
  send_as("a", "alice@example.org", {"bob@one.example"});
  send_as("b", "alice@example.org", {"carol@two.example"});
  send_as("c", "alice@example.org", {"dave@three.example"});
  put_off(only("one.example"), in(kHour));
  await(queue().put_off("two.example", in(kHour), "Connection refused"));
  sqlite::hold_queue(db(), to_whom("@three.example"));
  EXPECT_TRUE(due(now()).empty());
  EXPECT_CHANGED(sqlite::retry_queue(db(), to_whom("@two.example"), now()), 1, 1);
  EXPECT_EQ(due(now()), Lines{"two.example"});
  EXPECT_CHANGED(sqlite::retry_queue(db(), {}, now()), 2, 2);
  EXPECT_EQ(due(now()).size(), 2u);
  EXPECT_EQ(only("one.example").recipients[0].attempts, 1u);
  EXPECT_TRUE(due_at("three.example", now()).empty());
}

TEST_P(QueueAdmin, ARouteIsADestinationOfItsOwn) {
  const std::string route = "smtp://hub.example:25";
  send_as("a", "alice@example.org", {"bob@one.example", "carol@two.example"});
  send_as("b", "alice@example.org", {"dave@one.example"});
  put_off(due_at("one.example", now()).at(0), in(kHour));
  await(queue().put_off("one.example", in(kHour), "Connection refused"));
  EXPECT_CHANGED(sqlite::reroute_queue(db(), to_whom("@one.example"), route, now()), 2, 2);
  EXPECT_CHANGED(sqlite::reroute_queue(db(), to_whom("@one.example"), route, now()), 0, 0);
  EXPECT_EQ(due(now()), (Lines{"smtp://hub.example:25", "two.example"}));
  EXPECT_EQ(ask("SELECT count(*) FROM destination"), 2) << "nothing is left for the other";
  ASSERT_EQ(due_at(route, now()).size(), 2u);
  const QueuedRecipient rerouted = due_at(route, now()).at(0).recipients.at(0);
  EXPECT_EQ(rerouted.route, route);
  EXPECT_EQ(rerouted.destination(), route);
  EXPECT_EQ(rerouted.problem, "") << "it is not given up before it has been tried so";
  reopen();
  EXPECT_EQ(due_at(route, now()).size(), 2u);

  await(queue().put_off(route, in(kHour), "Connection refused"));
  EXPECT_EQ(due(now()), Lines{"two.example"});
  EXPECT_CHANGED(sqlite::retry_queue(db(), to_whom("bob@one.example"), now()), 1, 1);
  EXPECT_EQ(due_at(route, now()).size(), 2u) << "the whole destination is tried";
  EXPECT_CHANGED(sqlite::reroute_queue(db(), to_whom("bob@one.example"), "", now()), 1, 1);
  EXPECT_EQ(only("one.example").recipients.at(0).route, "");
  EXPECT_EQ(only(route).recipients.at(0).recipient.address, "dave@one.example");
  finish(only(route));
  EXPECT_EQ(ask("SELECT count(*) FROM destination"), 2);
}

TEST_P(QueueAdmin, WhatIsHeldStaysHeldWhenItIsRerouted) {
  send_as("a", "alice@example.org", {"bob@one.example"});
  sqlite::hold_queue(db(), {});
  EXPECT_CHANGED(sqlite::reroute_queue(db(), {}, "lmtp://hub.example:24", now()), 1, 1);
  EXPECT_TRUE(due(in(1000000 * kHour)).empty());
  EXPECT_CHANGED(sqlite::release_queue(db(), {}, now()), 1, 1);
  EXPECT_EQ(due(now()), Lines{"lmtp://hub.example:24"});
}

// What the old server said says nothing of the new one.
TEST_P(QueueAdmin, WhatIsReroutedWhileItIsUnderWayIsNotForgotten) {
  const std::string route = "smtp://hub.example:25";
  send_as("a", "alice@example.org", {"bob@one.example"});
  const QueuedMail mail = only("one.example");
  sqlite::reroute_queue(db(), {}, route, now());
  await(queue().put_off(route, in(kHour), "Connection refused"));
  put_off(mail, now());
  EXPECT_EQ(await(queue().due(in(kHour), 10)).destinations.at(0).standing, Standing::failing);
  const auto rerouted = due_at(route, in(kHour));
  ASSERT_EQ(rerouted.size(), 1u);
  EXPECT_EQ(rerouted[0].recipients.at(0).attempts, 0u);
  finish(mail);
  EXPECT_FALSE(await(queue().due(now(), 10)).next);
}

TEST_P(QueueAdmin, EachChangeIsSeen) {
  const auto edits = [&] { return await(queue().due(now(), 10)).edits; };
  send_as("a", "alice@example.org", {"bob@one.example"});
  const std::int64_t before = edits();
  sqlite::list_queue(db(), {});
  sqlite::hold_queue(db(), to_whom("@two.example"));
  EXPECT_EQ(edits(), before) << "nothing was changed";
  sqlite::hold_queue(db(), {});
  EXPECT_EQ(edits(), before + 1);
  EXPECT_EQ(await(queue().due_at("one.example", now(), 10)).edits, before + 1);
}

TEST_P(QueueAdmin, WhoStillIsToBeTriedThere) {
  send_as("a", "alice@example.org",
          {"bob@one.example", "carol@one.example", "dave@one.example", "erin@one.example"});
  const QueuedMail mail = only("one.example");
  const auto remaining = [&] { return await(queue().remaining(mail.queue_id, "one.example")); };
  EXPECT_EQ(remaining().size(), 4u);
  sqlite::hold_queue(db(), to_whom("bob@one.example"));
  sqlite::reroute_queue(db(), to_whom("carol@one.example"), "smtp://hub.example:25", now());
  sqlite::drop_queue(db(), to_whom("dave@one.example"), now());
  EXPECT_EQ(remaining(), std::vector<std::uint32_t>{mail.recipients.at(3).number});
}

TEST_P(QueueAdmin, WhatIsDroppedIsGoneButItsBytesCanBeReadToTheEnd) {
  options.keep_expunged = std::chrono::hours(1000);
  reopen();
  send_as("a", "alice@example.org", {"bob@one.example", "carol@two.example"});
  send_as("b", "alice@example.org", {"dave@one.example"});
  const QueuedMail under_way = due_at("one.example", now()).at(1);
  EXPECT_CHANGED(sqlite::drop_queue(db(), to_whom("@one.example"), now()), 2, 2);
  EXPECT_EQ(listed(), Lines{"a: carol@two.example"});
  EXPECT_EQ(due(now()), Lines{"two.example"});
  finish(only("two.example"));
  EXPECT_TRUE(listed().empty());
  EXPECT_EQ(await(store().read(under_way.content, 0, 100)), "hello\r\n");
  put_off(under_way, now());
  EXPECT_TRUE(due(in(kHour)).empty());
  options.keep_expunged = std::chrono::seconds(0);
  reopen();
  eventually([this] { return ask("SELECT count(*) FROM content") == 0; });
}

TEST_P(QueueAdmin, DroppingTheRestOfWhatIsHeldLeavesItHeld) {
  send_as("a", "alice@example.org", {"bob@one.example", "carol@two.example"});
  sqlite::hold_queue(db(), to_whom("@one.example"));
  sqlite::drop_queue(db(), to_whom("@two.example"), now());
  EXPECT_TRUE(await(queue().late(in(kHour), false, {}, 10)).empty());
  sqlite::release_queue(db(), {}, now());
  EXPECT_EQ(await(queue().late(in(kHour), false, {}, 10)).size(), 1u);
}

TEST_P(QueueAdmin, GoesThroughALongQueueInShortTransactions) {
  constexpr int kMessages = 1100;
  {
    sqlite::Transaction transaction(db(), sqlite::Transaction::Kind::write);
    for (int i = 0; i < kMessages; ++i) {
      const std::string number = std::to_string(i);
      sqlite::execute(db(),
                      "INSERT INTO queued(name, content, size, arrived, reverse_path, utf8, ret, envelope_id)"
                      " VALUES(?, ?, 1, ?, 'a@example.org', 0, 0, '')",
                      number, 1000000 + i, i);
      sqlite::execute(db(),
                      "INSERT INTO queued_recipient(message, number, destination, address, notify,"
                      " original_recipient, due) VALUES(last_insert_rowid(), 0, ?1, 'b@' || ?1, 0, '', 0)",
                      "d" + number + ".example");
      sqlite::execute(db(), "INSERT INTO destination(name, due) VALUES(?, 0)", "d" + number + ".example");
    }
    transaction.commit();
  }
  EXPECT_EQ(listed().size(), 1100u);
  EXPECT_CHANGED(sqlite::hold_queue(db(), {}), 1100, 1100);
  EXPECT_TRUE(due(now()).empty());
  EXPECT_CHANGED(sqlite::release_queue(db(), {}, now()), 1100, 1100);
  EXPECT_EQ(due(now()).size(), 100u);
  QueueFilter filter;
  filter.before = WallTime(std::chrono::seconds(700));
  EXPECT_CHANGED(sqlite::drop_queue(db(), filter, now()), 700, 700);
  EXPECT_EQ(listed().front(), "700: b@d700.example");
  EXPECT_EQ(listed().size(), 400u);
}

// RFC 4865
TEST_P(QueueAdmin, NothingLeavesBeforeItsSenderWantsItTo) {
  Outgoing outgoing = to({"bob@one.example"});
  outgoing.release = in(2 * kHour);
  Delivery delivery;
  delivery.outgoing.push_back(std::move(outgoing));
  deliver(std::move(delivery));
  EXPECT_CHANGED(sqlite::retry_queue(db(), QueueFilter(), now()), 0, 0);
  EXPECT_CHANGED(sqlite::hold_queue(db(), QueueFilter()), 1, 1);
  EXPECT_CHANGED(sqlite::release_queue(db(), QueueFilter(), now()), 1, 1);
  EXPECT_TRUE(due(in(kHour)).empty());
  EXPECT_EQ(std::vector<std::string>{"one.example"}, due(in(2 * kHour)));
  EXPECT_CHANGED(sqlite::retry_queue(db(), QueueFilter(), in(2 * kHour)), 1, 1);
  EXPECT_CHANGED(sqlite::drop_queue(db(), QueueFilter(), now()), 1, 1);
  EXPECT_TRUE(listed().empty());
}

}  // namespace
}  // namespace postroom::testing
