// How much one user may send.
#include "protocols/smtp/send_limits.h"

#include <gtest/gtest.h>

#include "tests/support/sim_runtime.h"

namespace postroom::smtp {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class SendLimitsTest : public ::testing::Test {
 protected:
  bool may(std::size_t recipients, AccountId account = kAlice) {
    return !limits.refuse(account, recipients, options).has_value();
  }
  std::string why(std::size_t recipients) {
    const auto refusal = limits.refuse(kAlice, recipients, options);
    return refusal ? std::to_string(refusal->code()) + " " + refusal->text() : "";
  }

  static constexpr AccountId kAlice{1};
  testing::SimRuntime runtime;
  Options options;
  SendLimits limits{runtime};
};

TEST_F(SendLimitsTest, NoneUnlessSaid) {
  for (int i = 0; i < 1000; ++i) limits.count(kAlice, 1000);
  EXPECT_TRUE(may(1'000'000));
}

TEST_F(SendLimitsTest, MessagesWithinAnHour) {
  options.messages_per_hour = 2;
  limits.count(kAlice, 500);
  runtime.advance(minutes(59));
  EXPECT_TRUE(may(500));
  limits.count(kAlice, 500);
  EXPECT_FALSE(may(1));
  EXPECT_TRUE(may(1, AccountId{2}));
  runtime.advance(seconds(59));
  EXPECT_FALSE(may(1));
  runtime.advance(seconds(1));
  EXPECT_TRUE(may(1));
}

TEST_F(SendLimitsTest, RecipientsAreThoseOfTheMessageToo) {
  options.recipients_per_hour = 10;
  EXPECT_TRUE(may(10));
  EXPECT_FALSE(may(11)) << "of one message alone";
  limits.count(kAlice, 7);
  EXPECT_TRUE(may(3));
  EXPECT_FALSE(may(4));
}

TEST_F(SendLimitsTest, ADayIsLongerThanItsHours) {
  options.messages_per_hour = 1;
  options.messages_per_day = 2;
  options.recipients_per_day = 100;
  limits.count(kAlice, 1);
  runtime.advance(hours(1));
  EXPECT_TRUE(may(99));
  EXPECT_FALSE(may(100));
  limits.count(kAlice, 1);
  runtime.advance(hours(22));
  EXPECT_FALSE(may(1));
  runtime.advance(hours(1));
  EXPECT_TRUE(may(100));
}

TEST_F(SendLimitsTest, SaysTheLongestWait) {
  options.messages_per_hour = 1;
  limits.count(kAlice, 1);
  runtime.advance(seconds(30));
  EXPECT_EQ(why(1), "450 You have reached the limit of 1 messages within an hour; try again at 02:00 UTC");
  options.messages_per_day = 1;
  EXPECT_EQ(why(1), "450 You have reached the limit of 1 messages within a day; try again at 01:00 UTC");
}

TEST_F(SendLimitsTest, ATimeIsSaidWhenItIsOver) {
  options.messages_per_hour = 1;
  runtime.advance(seconds(1));
  limits.count(kAlice, 1);
  EXPECT_EQ(why(1), "450 You have reached the limit of 1 messages within an hour; try again at 02:01 UTC");
  runtime.advance(minutes(60) - seconds(1));
  EXPECT_FALSE(may(1));
}

TEST_F(SendLimitsTest, RemembersABoundedNumberOfUsers) {
  options.messages_per_day = 1;
  limits.count(kAlice, 1);
  runtime.advance(minutes(1));
  for (std::size_t i = 2; i <= SendLimits::kMostAccounts; ++i)
    limits.count(AccountId{static_cast<std::int64_t>(i)}, 1);
  EXPECT_FALSE(may(1));
  limits.count(AccountId{1'000'000}, 1);
  EXPECT_TRUE(may(1)) << "the oldest is forgotten";
  EXPECT_FALSE(may(1, AccountId{2}));
  EXPECT_FALSE(may(1, AccountId{1'000'000}));
  runtime.advance(hours(24));
  limits.count(kAlice, 1);
  EXPECT_TRUE(may(1, AccountId{2}));
  EXPECT_FALSE(may(1));
}

}  // namespace
}  // namespace postroom::smtp
