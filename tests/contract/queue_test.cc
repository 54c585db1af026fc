// Mail for other servers: it is queued by the transaction that stores it here, and gone when it is finished.
#include <set>

#include "tests/contract/queues.h"

namespace postroom::testing {
namespace {

POSTROOM_CONTRACT(Queues);

TEST_P(Queues, WhatIsQueuedIsDueAtOnceByDestination) {
  int told = 0;
  queue().on_queued([&] { ++told; });
  EXPECT_EQ(Delivered::Outcome::yes, send({"bob@one.example", "Carol@ONE.example", "dave@two.example"}));
  EXPECT_EQ(1, told);
  EXPECT_EQ((std::vector<std::string>{"one.example", "two.example"}), due(now()));

  const QueuedMail mail = only("one.example");
  EXPECT_EQ("abc", mail.id);
  EXPECT_EQ("alice@example.org", mail.reverse_path);
  EXPECT_EQ(7u, mail.size);
  EXPECT_LE(mail.arrived, now());
  EXPECT_GE(mail.arrived, now() - kHour);
  EXPECT_FALSE(mail.delay_told);
  ASSERT_EQ(2u, mail.recipients.size());
  EXPECT_EQ("bob@one.example", mail.recipients[0].recipient.address);
  EXPECT_EQ("Carol@ONE.example", mail.recipients[1].recipient.address);
  EXPECT_EQ(0u, mail.recipients[1].attempts);
  EXPECT_EQ("hello\r\n", await(store().read(mail.content, 0, 100)));
}

TEST_P(Queues, WhatItsSenderAskedToBeToldTravelsWithIt) {
  Outgoing outgoing = to({"bob@one.example", "carol@one.example"});
  outgoing.dsn.ret = Ret::headers;
  outgoing.dsn.envelope_id = "QQ314159";
  outgoing.tls = TlsDemand::required;
  outgoing.recipients[0].dsn.notify = {.said = true, .success = true, .failure = false, .delay = true};
  outgoing.recipients[0].dsn.original_recipient = "rfc822;robert@one.example";
  Delivery delivery;
  delivery.outgoing.push_back(outgoing);
  deliver(std::move(delivery));

  for (const bool by_age : {false, true}) {
    const std::vector<QueuedMail> all =
        by_age ? await(queue().late(in(kHour), false, {}, 100)) : due_at("one.example", now());
    ASSERT_EQ(1u, all.size());
    EXPECT_EQ(Ret::headers, all[0].dsn.ret);
    EXPECT_EQ("QQ314159", all[0].dsn.envelope_id);
    EXPECT_EQ(TlsDemand::required, all[0].tls);
    ASSERT_EQ(2u, all[0].recipients.size());
    EXPECT_EQ(outgoing.recipients[0].dsn.notify, all[0].recipients[0].recipient.dsn.notify);
    EXPECT_EQ("rfc822;robert@one.example", all[0].recipients[0].recipient.dsn.original_recipient);
    EXPECT_EQ(Notify(), all[0].recipients[1].recipient.dsn.notify);
    EXPECT_EQ("", all[0].recipients[1].recipient.dsn.original_recipient);
  }
}

TEST_P(Queues, OneTransactionStoresAndQueues) {
  Delivery delivery(std::vector<AccountId>{alice()});
  delivery.outgoing.push_back(to({"bob@one.example"}));
  delivery.outgoing.push_back(to({"carol@two.example"}, "SRS0=x@example.org"));
  EXPECT_EQ(Delivered::Outcome::yes, deliver(std::move(delivery)));
  EXPECT_EQ(1, count("SELECT count(*) FROM content"));
  EXPECT_EQ(3, count("SELECT refs FROM shared"));
  EXPECT_EQ("alice@example.org", only("one.example").reverse_path);
  EXPECT_EQ("SRS0=x@example.org", only("two.example").reverse_path);

  finish(only("one.example"));
  finish(only("two.example"));
  reopen();
  EXPECT_EQ(std::vector<std::string>{"hello\r\n"}, contents(inbox(alice())));
}

TEST_P(Queues, MailGoesOutAlsoWhenNobodyHereHasRoom) {
  Delivery delivery(std::vector<AccountId>{AccountId{999}});
  delivery.outgoing.push_back(to({"bob@one.example"}));
  EXPECT_EQ(Delivered::Outcome::yes, deliver(std::move(delivery)));
  EXPECT_EQ(1u, due(now()).size());
}

TEST_P(Queues, AFinishedMessageIsGoneWithItsBytes) {
  send({"bob@one.example", "carol@one.example", "dave@two.example"});
  finish(only("one.example"));
  EXPECT_EQ(std::vector<std::string>{"two.example"}, due(now()));
  EXPECT_EQ(1, count("SELECT count(*) FROM queued"));
  finish(only("two.example"));
  EXPECT_TRUE(due(now()).empty());
  EXPECT_FALSE(await(queue().due(now(), 10)).next);
  reopen();
  for (const char* table : {"queued", "queued_recipient", "destination", "content", "chunk", "garbage"})
    EXPECT_EQ(0, count(("SELECT count(*) FROM " + std::string(table)).c_str())) << table;
}

TEST_P(Queues, FinishingTwiceDoesNothingMore) {
  send({"bob@one.example"});
  const QueuedMail mail = only("one.example");
  finish(mail);
  finish(mail);
  put_off(mail, in(kHour));
  EXPECT_TRUE(due(in(2 * kHour)).empty());
}

TEST_P(Queues, APutOffRecipientIsDueLater) {
  send({"bob@one.example"});
  const WallTime then = in(kHour);
  put_off(only("one.example"), then);
  EXPECT_TRUE(due(now()).empty());
  EXPECT_EQ(then, await(queue().due(now(), 10)).next);
  const auto later = due_at("one.example", then);
  ASSERT_EQ(1u, later.size());
  EXPECT_EQ(1u, later[0].recipients[0].attempts);
  EXPECT_EQ("450 come again", later[0].recipients[0].problem);
}

TEST_P(Queues, ADestinationThatCannotBeReachedIsPutOffAsAWhole) {
  send({"bob@one.example"});
  send({"carol@one.example"});
  const WallTime then = in(kHour);
  await(queue().put_off("one.example", then, "Connection refused"));
  EXPECT_TRUE(due(now()).empty());
  EXPECT_TRUE(due(then - std::chrono::seconds(1)).empty());
  EXPECT_EQ(std::vector<std::string>{"one.example"}, due(then));
  EXPECT_EQ(2u, due_at("one.example", then).size());
  await(queue().put_off("one.example", in(2 * kHour), "Connection refused"));
  EXPECT_EQ(2u, await(queue().due(in(2 * kHour), 10)).destinations[0].failures);
  const auto late = await(queue().late(in(kHour), false, {}, 10));
  ASSERT_EQ(2u, late.size());
  EXPECT_EQ("Connection refused", late[0].recipients[0].problem);
}

TEST_P(Queues, LateMailIsGoneThroughByAge) {
  for (int i = 0; i < 5; ++i) send({"bob@one.example"});
  QueuePlace after;
  std::vector<QueueId> seen;
  for (const std::size_t count : {2u, 2u, 1u, 0u}) {
    const auto late = await(queue().late(in(kHour), seen.size() < 2, after, 2));
    ASSERT_EQ(count, late.size());
    for (const QueuedMail& mail : late) seen.push_back(mail.queue_id);
    if (!late.empty()) after = QueuePlace(late.back());
  }
  EXPECT_EQ(5u, std::set<QueueId>(seen.begin(), seen.end()).size());
}

TEST_P(Queues, NewMailHasItTriedAgainButNotAtOnce) {
  send({"bob@one.example"});
  await(queue().put_off("one.example", in(10 * kHour), "Connection refused"));
  send({"carol@one.example"});
  EXPECT_TRUE(due(in(std::chrono::seconds(200))).empty());
  EXPECT_EQ(1u, due(in(std::chrono::seconds(300))).size());
}

TEST_P(Queues, ADestinationThatAnswersHasNoFailures) {
  send({"bob@one.example"});
  await(queue().put_off("one.example", in(kHour), "Connection refused"));
  put_off(due_at("one.example", in(kHour)).front(), now());
  const DueMail mail = await(queue().due(now(), 10));
  ASSERT_EQ(1u, mail.destinations.size());
  EXPECT_EQ(0u, mail.destinations[0].failures);
}

TEST_P(Queues, OnlySoManyAtOnce) {
  for (const char* recipient : {"a@one.example", "b@two.example", "c@three.example"}) send({recipient});
  const DueMail mail = await(queue().due(now(), 2));
  EXPECT_EQ(2u, mail.destinations.size());
  EXPECT_TRUE(mail.next);
  send({"a@big.example", "b@big.example", "c@big.example"});
  EXPECT_EQ(2u, await(queue().due_at("big.example", now(), 2)).mail[0].recipients.size());
}

TEST_P(Queues, ThoseThatCouldBeReachedLastTimeComeFirst) {
  const auto standing = [&](std::size_t i) {
    return await(queue().due(in(kHour), 10)).destinations[i].standing;
  };
  send({"a@dead.example"});
  await(queue().put_off("dead.example", now(), "Connection refused"));
  send({"b@new.example"});
  send({"c@one.example"});
  put_off(only("one.example"), now());
  EXPECT_EQ((std::vector<std::string>{"one.example", "new.example", "dead.example"}), due(in(kHour)));
  EXPECT_EQ(Standing::reached, standing(0));
  EXPECT_EQ(Standing::untried, standing(1));
  EXPECT_EQ(Standing::failing, standing(2));
  // And up to so many of each.
  send({"d@another.example"});
  EXPECT_EQ(3u, await(queue().due(in(kHour), 1)).destinations.size());
  DueMost most = 10;
  most[Standing::untried] = 0;
  EXPECT_EQ(2u, await(queue().due(in(kHour), most)).destinations.size());
}

TEST_P(Queues, ADestinationThatWasReachedIsRememberedWhenItsMailIsGone) {
  const auto standing = [&] { return await(queue().due(now(), 10)).destinations.at(0).standing; };
  send({"a@one.example"});
  EXPECT_EQ(Standing::untried, standing());
  finish(only("one.example"));
  EXPECT_EQ(0, count("SELECT count(*) FROM destination"));
  reopen();
  send({"a@one.example"});
  EXPECT_EQ(Standing::reached, standing());
  await(queue().put_off("one.example", now(), "Connection refused"));
  EXPECT_EQ(Standing::failing, standing());
  EXPECT_EQ(0, count("SELECT count(*) FROM reached"));
  finish(only("one.example"));
  EXPECT_EQ(1, count("SELECT count(*) FROM reached"));
}

TEST_P(Queues, ThoseThatWereReachedLongAgoAreForgotten) {
  for (const char* recipient : {"a@one.example", "b@two.example", "c@three.example"}) send({recipient});
  finish(only("one.example"));
  finish(only("two.example"));
  {
    sqlite::Connection db = sqlite::open_database(file());
    db.run_script("UPDATE reached SET at = at - 31 * 24 * 3600");
  }
  finish(only("three.example"));
  EXPECT_EQ(1, count("SELECT count(*) FROM reached"));
}

TEST_P(Queues, TellsWhatIsLate) {
  send({"bob@one.example", "carol@two.example"});
  EXPECT_TRUE(await(queue().late(now() - kHour, true, {}, 10)).empty());
  const auto late = await(queue().late(in(kHour), true, {}, 10));
  ASSERT_EQ(1u, late.size());
  EXPECT_EQ(2u, late[0].recipients.size());
  QueueProgress told;
  told.queue_id = late[0].queue_id;
  told.delay_told = true;
  await(queue().progress(told));
  EXPECT_TRUE(await(queue().late(in(kHour), true, {}, 10)).empty());
  ASSERT_EQ(1u, await(queue().late(in(kHour), false, {}, 10)).size());
  EXPECT_TRUE(await(queue().late(in(kHour), false, {}, 10))[0].delay_told);
}

TEST_P(Queues, AReportTakesTheirPlace) {
  send({"bob@one.example", "carol@two.example"});
  const QueuedMail mail = only("one.example");
  Delivery report(std::vector<AccountId>{alice()});
  report.past_quota = true;
  report.in_place_of.emplace();
  report.in_place_of->queue_id = mail.queue_id;
  report.in_place_of->finished.push_back(mail.recipients[0].number);
  EXPECT_EQ(Delivered::Outcome::yes, deliver(std::move(report), "could not be delivered\r\n"));
  EXPECT_EQ(std::vector<std::string>{"two.example"}, due(now()));
  EXPECT_EQ(std::vector<std::string>{"could not be delivered\r\n"}, contents(inbox(alice())));
}

TEST_P(Queues, RemembersTheFormOfAContent) {
  send({"bob@one.example"});
  EXPECT_EQ(kAnyForm, only("one.example").form) << "nobody has looked";
  Delivery delivery;
  delivery.outgoing.push_back(to({"bob@two.example"}));
  delivery.outgoing[0].form = {.beyond_ascii = true, .bare_line_ends = true};
  deliver(std::move(delivery));
  EXPECT_EQ((ContentForm{.beyond_ascii = true, .bare_line_ends = true}), only("two.example").form);
}

TEST_P(Queues, OutlivesARestart) {
  send({"bob@one.example"});
  reopen();
  EXPECT_EQ("hello\r\n", await(store().read(only("one.example").content, 0, 100)));
}

}  // namespace
}  // namespace postroom::testing
