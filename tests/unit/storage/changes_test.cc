// ChangeHub: who is told what.
#include "storage/changes.h"

#include <gtest/gtest.h>
#include <memory>
#include <vector>

#include "tests/support/sim_runtime.h"

namespace postroom::testing {
namespace {

using Subscription = ChangeHub::Subscription;
constexpr MailboxId kInbox{1}, kSent{2};

Task<> look(Runtime& runtime, Signal& signal, bool& raised) {
  const Wake wake = co_await signal.wait(runtime.now());
  raised = wake == Wake::raised;
}

/// Lowers the signal; was it raised?
bool told(SimRuntime& runtime, Signal& signal) {
  bool raised = false;
  runtime.spawn(look(runtime, signal, raised));
  runtime.advance(std::chrono::seconds(1));
  return raised;
}

TEST(ChangeHub, TellsThoseWhoLookAtTheMailbox) {
  SimRuntime runtime;
  ChangeHub hub;
  Signal signal(runtime), other_signal(runtime);
  const Subscription first(hub, kInbox, signal);
  const Subscription second(hub, kInbox, signal);
  const Subscription other(hub, kSent, other_signal);
  hub.publish(kInbox, 7);
  EXPECT_EQ(7u, first.latest());
  EXPECT_EQ(7u, second.latest());
  EXPECT_EQ(0u, other.latest());
  EXPECT_TRUE(told(runtime, signal));
  EXPECT_FALSE(told(runtime, signal)) << "once";
  EXPECT_FALSE(told(runtime, other_signal));
}

TEST(ChangeHub, TellsThatAMailboxIsGone) {
  SimRuntime runtime;
  ChangeHub hub;
  Signal signal(runtime);
  const Subscription subscription(hub, kInbox, signal);
  hub.publish_gone(kSent);
  EXPECT_FALSE(subscription.gone());
  hub.publish_gone(kInbox);
  EXPECT_TRUE(subscription.gone());
  EXPECT_TRUE(told(runtime, signal));
}

TEST(ChangeHub, NobodyLooksIsFine) {
  ChangeHub hub;
  hub.publish(kInbox, 1);
  hub.publish_gone(kInbox);
}

// Subscriptions end in any order, and those that are left are still told.
TEST(ChangeHub, SubscriptionsComeAndGo) {
  SimRuntime runtime(3);
  ChangeHub hub;
  Signal signal(runtime);
  std::vector<std::unique_ptr<Subscription>> all;
  std::vector<ModSeq> expected;
  std::mt19937 random(3);
  for (ModSeq modseq = 1; modseq < 500; ++modseq) {
    if (all.empty() || random() % 2 == 0) {
      all.push_back(
          std::make_unique<Subscription>(hub, MailboxId{static_cast<std::int64_t>(random() % 3)}, signal));
    } else {
      all.erase(all.begin() + static_cast<std::ptrdiff_t>(random() % all.size()));
    }
    for (std::int64_t mailbox = 0; mailbox < 3; ++mailbox) hub.publish(MailboxId{mailbox}, modseq);
    for (const auto& subscription : all) ASSERT_EQ(modseq, subscription->latest());
  }
}

}  // namespace
}  // namespace postroom::testing
