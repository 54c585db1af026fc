// What an attempt means for the queue and for the sender.
#include "server/relay/outcome.h"

#include <gtest/gtest.h>

namespace postroom::relay {
namespace {

using smtp::RemoteReply;
using Action = smtp::ReportedRecipient::Action;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const WallTime kArrived{seconds(1'000'000)};

RemoteReply reply(int code, std::string status, std::string text = "so it is") {
  RemoteReply made = RemoteReply::made(code, status, text);
  made.ours = false;
  return made;
}

class OutcomeTest : public ::testing::Test {
 protected:
  OutcomeTest() {
    mail.queue_id = QueueId{7};
    mail.arrived = kArrived;
    mail.reverse_path = "alice@example.org";
    remote.host = "mx.example.com";
  }
  QueuedRecipient& add(const std::string& address, Notify notify = {}, std::uint32_t attempts = 0) {
    QueuedRecipient& recipient = mail.recipients.emplace_back();
    recipient.number = static_cast<std::uint32_t>(10 + mail.recipients.size());
    recipient.recipient.address = address;
    recipient.recipient.dsn.notify = notify;
    recipient.attempts = attempts;
    return recipient;
  }
  Outcome after(const std::vector<RemoteReply>& replies, seconds age = minutes(1)) {
    return outcome_of(mail, replies, remote, schedule, kArrived + age);
  }

  static constexpr Notify kSuccess{.said = true, .success = true};
  static constexpr Notify kNever{.said = true};
  static constexpr Notify kDelay{.said = true, .delay = true};
  static constexpr Notify kFailure{.said = true, .failure = true};
  using Numbers = std::vector<std::uint32_t>;

  QueuedMail mail;
  Remote remote;
  Schedule schedule;
};

TEST_F(OutcomeTest, WaitsLongerAfterEachFailure) {
  EXPECT_EQ(schedule.wait(0), minutes(5));
  EXPECT_EQ(schedule.wait(1), minutes(15));
  EXPECT_EQ(schedule.wait(4), hours(2));
  EXPECT_EQ(schedule.wait(5), hours(4));
  EXPECT_EQ(schedule.wait(6), hours(4));
  EXPECT_EQ(schedule.wait(~std::uint32_t{0}), hours(4));
}

TEST_F(OutcomeTest, WithoutRoomForAReportWhatWasTakenIsFinishedAllTheSame) {
  add("taken@example.com");
  add("refused@example.com");
  Outcome outcome = after({reply(250, "2.0.0"), reply(550, "5.1.1", "nobody")});
  drop_report(outcome, kArrived + hours(1));
  EXPECT_EQ(outcome.progress.finished, (Numbers{11}));
  ASSERT_EQ(outcome.progress.put_off.size(), 1u);
  EXPECT_EQ(outcome.progress.put_off[0].number, 12u);
  EXPECT_EQ(outcome.progress.put_off[0].due, kArrived + hours(1));
  EXPECT_TRUE(outcome.reported.empty());
  ASSERT_EQ(outcome.progress.events.size(), 1u);
  EXPECT_EQ(outcome.progress.events[0].address, "taken@example.com");
}

TEST_F(OutcomeTest, TheRestOfTooManyRecipientsIsDueAtOnce) {
  add("taken@example.com");
  add("more@example.com", {}, 3);
  const Outcome outcome = after({reply(250, "2.0.0"), reply(452, "4.5.3", "too many")});
  EXPECT_EQ(outcome.progress.put_off.at(0).due, kArrived + minutes(1));
  const Outcome none = after({reply(452, "4.5.3"), reply(452, "4.5.3")});
  EXPECT_GT(none.progress.put_off.at(1).due, kArrived + minutes(30));
}

TEST_F(OutcomeTest, EachRecipientByItsOwnReply) {
  add("taken@example.com");
  add("refused@example.com");
  add("later@example.com", {}, 2);
  const Outcome outcome =
      after({reply(250, "2.0.0"), reply(550, "5.1.1", "nobody"), reply(450, "4.2.1", "full")});
  EXPECT_EQ(outcome.progress.queue_id, QueueId{7});
  EXPECT_EQ(outcome.progress.destination, "example.com");
  EXPECT_TRUE(outcome.progress.reached);
  EXPECT_FALSE(outcome.progress.delay_told);
  EXPECT_EQ(outcome.progress.finished, (Numbers{11, 12}));
  ASSERT_EQ(outcome.progress.put_off.size(), 1u);
  EXPECT_EQ(outcome.progress.put_off[0].number, 13u);
  EXPECT_EQ(outcome.progress.put_off[0].due, kArrived + minutes(1) + minutes(30));
  EXPECT_EQ(outcome.progress.put_off[0].problem, "mx.example.com: 450 4.2.1 full");
  ASSERT_EQ(outcome.reported.size(), 1u);
  EXPECT_EQ(outcome.reported[0].address, "refused@example.com");
  EXPECT_EQ(outcome.reported[0].action, Action::failed);
  EXPECT_EQ(outcome.reported[0].status, "5.1.1");
  EXPECT_EQ(outcome.reported[0].remote_host, "mx.example.com");
  EXPECT_EQ(outcome.reported[0].remote_reply, "550 5.1.1 nobody");
}

TEST_F(OutcomeTest, WhatWeMadeUpIsNotTheOthersReply) {
  add("bob@example.com");
  const Outcome outcome = after({RemoteReply::made(554, "5.6.3", "no 8BITMIME")});
  ASSERT_EQ(outcome.reported.size(), 1u);
  EXPECT_EQ(outcome.reported[0].remote_host, "");
  EXPECT_EQ(outcome.reported[0].remote_reply, "");
  EXPECT_EQ(outcome.reported[0].why, "no 8BITMIME");
}

TEST_F(OutcomeTest, OfSuccessByThisServerWhenTheNextOneWillNot) {
  add("asks@example.com", kSuccess);
  add("does-not@example.com");
  add("never@example.com", kNever);
  const std::vector<RemoteReply> taken(3, reply(250, "2.0.0"));
  const Outcome outcome = after(taken);
  EXPECT_EQ(outcome.progress.finished, (Numbers{11, 12, 13}));
  ASSERT_EQ(outcome.reported.size(), 1u);
  EXPECT_EQ(outcome.reported[0].address, "asks@example.com");
  EXPECT_EQ(outcome.reported[0].action, Action::relayed);
  remote.tells_success = true;
  EXPECT_TRUE(after(taken).reported.empty());
  remote.tells_success = false;
  mail.reverse_path.clear();
  EXPECT_TRUE(after(taken).reported.empty());
  EXPECT_EQ(after(taken).progress.finished, (Numbers{11, 12, 13}));
}

TEST_F(OutcomeTest, OfFailureUnlessTheSenderWantsNone) {
  add("default@example.com");
  add("never@example.com", kNever);
  add("success-only@example.com", kSuccess);
  add("failure@example.com", kFailure);
  const std::vector<RemoteReply> refused(4, reply(550, "5.1.1"));
  for (const Outcome& outcome : {after(refused), too_old(mail)}) {
    EXPECT_EQ(outcome.progress.finished, (Numbers{11, 12, 13, 14}));
    ASSERT_EQ(outcome.reported.size(), 2u);
    EXPECT_EQ(outcome.reported[0].address, "default@example.com");
    EXPECT_EQ(outcome.reported[1].address, "failure@example.com");
  }
}

// Whom it goes to then is the reporter's business.
TEST_F(OutcomeTest, FailuresOfReportsAreReportedToo) {
  mail.reverse_path.clear();
  add("bob@example.com");
  EXPECT_EQ(after({reply(550, "5.1.1")}).reported.size(), 1u);
  EXPECT_EQ(too_old(mail).reported.size(), 1u);
  mail.recipients[0].recipient.dsn.notify = kNever;  // as reports have it (RFC 3461 6.1)
  EXPECT_EQ(too_old(mail).reported.size(), 1u);
}

TEST_F(OutcomeTest, GivesUpWhenItIsTooOld) {
  add("bob@example.com", {}, 40);
  const std::vector<RemoteReply> later{reply(450, "4.2.1", "full")};
  const Outcome before = after(later, hours(5 * 24) - seconds(1));
  EXPECT_TRUE(before.progress.finished.empty());
  ASSERT_EQ(before.progress.put_off.size(), 1u);
  const Outcome outcome = after(later, hours(5 * 24));
  EXPECT_EQ(outcome.progress.finished, (Numbers{11}));
  EXPECT_TRUE(outcome.progress.put_off.empty());
  ASSERT_EQ(outcome.reported.size(), 1u);
  EXPECT_EQ(outcome.reported[0].action, Action::failed);
  EXPECT_EQ(outcome.reported[0].remote_reply, "450 4.2.1 full");
}

TEST_F(OutcomeTest, SaysWhyItIsTooOld) {
  add("bob@example.com").problem = "mx.example.com: Connection refused";
  add("carol@example.com");
  const Outcome outcome = too_old(mail);
  ASSERT_EQ(outcome.reported.size(), 2u);
  EXPECT_EQ(outcome.reported[0].status, "4.4.7");
  EXPECT_EQ(outcome.reported[0].why, "mx.example.com: Connection refused");
  EXPECT_FALSE(outcome.reported[1].why.empty());
  EXPECT_FALSE(outcome.progress.reached);
}

TEST_F(OutcomeTest, TellsOfADelayOnceAndFinishesNothing) {
  add("default@example.com").problem = "busy";
  add("never@example.com", kNever);
  add("delay@example.com", kDelay);
  add("failure@example.com", kFailure);
  Outcome outcome = delayed(mail);
  EXPECT_TRUE(outcome.progress.delay_told);
  EXPECT_TRUE(outcome.progress.finished.empty());
  EXPECT_TRUE(outcome.progress.put_off.empty());
  ASSERT_EQ(outcome.reported.size(), 2u);
  EXPECT_EQ(outcome.reported[0].address, "default@example.com");
  EXPECT_EQ(outcome.reported[0].action, Action::delayed);
  EXPECT_EQ(outcome.reported[0].why, "busy");
  EXPECT_EQ(outcome.reported[1].address, "delay@example.com");
  mail.reverse_path.clear();
  outcome = delayed(mail);
  EXPECT_TRUE(outcome.progress.delay_told);
  EXPECT_TRUE(outcome.reported.empty());
}

}  // namespace
}  // namespace postroom::relay
