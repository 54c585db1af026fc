// What senders want of the queue: RFC 4865, RFC 2852, RFC 6710.
#include "tests/contract/queues.h"

namespace postroom::testing {
namespace {

using std::chrono::seconds;

class QueueSubmission : public Queues {
 protected:
  void send_as(Outgoing outgoing) {
    Delivery delivery;
    delivery.outgoing.push_back(std::move(outgoing));
    deliver(std::move(delivery));
  }
};

POSTROOM_CONTRACT(QueueSubmission);

TEST_P(QueueSubmission, NothingIsDueBeforeItsRelease) {
  Outgoing later = to({"bob@one.example"});
  later.release = in(2 * kHour);
  send_as(std::move(later));
  EXPECT_TRUE(due(in(kHour)).empty());
  EXPECT_EQ(await(queue().due(now(), 10)).next, in(2 * kHour));
  EXPECT_TRUE(due_at("one.example", in(kHour)).empty());
  EXPECT_EQ(std::vector<std::string>{"one.example"}, due(in(2 * kHour)));
  const auto mail = due_at("one.example", in(2 * kHour));
  ASSERT_EQ(1u, mail.size());
  EXPECT_EQ(in(2 * kHour), mail[0].release);
  EXPECT_EQ(in(2 * kHour), mail[0].begun());
}

TEST_P(QueueSubmission, OtherMailDoesNotWaitForIt) {
  Outgoing later = to({"bob@one.example"});
  later.release = in(2 * kHour);
  send_as(std::move(later));
  send({"carol@one.example"});
  ASSERT_EQ(1u, due_at("one.example", now()).size());
  finish(only("one.example"));
  EXPECT_TRUE(due(in(kHour)).empty());
  EXPECT_EQ(std::vector<std::string>{"one.example"}, due(in(2 * kHour)));
}

TEST_P(QueueSubmission, AgeCountsFromTheRelease) {
  Outgoing later = to({"bob@one.example"});
  later.release = in(2 * kHour);
  send_as(std::move(later));
  EXPECT_TRUE(await(queue().late(in(kHour), false, {}, 10)).empty());
  EXPECT_TRUE(await(queue().late(in(kHour), true, {}, 10)).empty());
  EXPECT_EQ(1u, await(queue().late(in(3 * kHour), false, {}, 10)).size());
  EXPECT_EQ(1u, await(queue().late(in(3 * kHour), true, {}, 10)).size());
}

TEST_P(QueueSubmission, WhatIsOverdueIsFound) {
  Outgoing returned = to({"bob@one.example"});
  returned.deliver_by = {in(kHour), true, true};
  send_as(returned);
  Outgoing told = to({"bob@two.example"});
  told.deliver_by = {in(2 * kHour), false, false};
  send_as(told);
  send({"bob@three.example"});
  EXPECT_TRUE(await(queue().overdue(in(kHour - seconds(1)), 10)).empty());
  const auto first = await(queue().overdue(in(kHour), 10));
  ASSERT_EQ(1u, first.size());
  EXPECT_EQ(returned.deliver_by, first[0].deliver_by);
  ASSERT_EQ(2u, await(queue().overdue(in(2 * kHour), 10)).size());
  EXPECT_EQ(1u, await(queue().overdue(in(2 * kHour), 1)).size());
  QueueProgress progress;
  progress.queue_id = only("two.example").queue_id;
  progress.by_told = true;
  await(queue().progress(progress));
  EXPECT_EQ(1u, await(queue().overdue(in(2 * kHour), 10)).size());
  EXPECT_FALSE(only("two.example").deliver_by.asked());
}

TEST_P(QueueSubmission, MoreUrgentMailComesFirst) {
  for (const int priority : {0, -9, 3, -1, 9, 0}) {
    Outgoing outgoing = to({"a@one.example", "b@one.example"});
    outgoing.priority = priority;
    send_as(std::move(outgoing));
  }
  std::vector<int> order;
  for (const QueuedMail& mail : due_at("one.example", now())) {
    order.push_back(mail.priority);
    EXPECT_EQ(2u, mail.recipients.size());
  }
  EXPECT_EQ((std::vector<int>{9, 3, 0, 0, -1, -9}), order);
  const auto some = await(queue().due_at("one.example", now(), 6)).mail;
  ASSERT_EQ(3u, some.size());
  EXPECT_EQ(0, some[2].priority);
}

}  // namespace
}  // namespace postroom::testing
