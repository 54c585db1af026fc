// Large changes that end before they are whole: the target is deleted, the server stops.
#include "tests/contract/contract.h"

namespace postroom::testing {
namespace {

class Interrupted : public Contract {
 protected:
  /// When the first piece of a change to `mailbox` is published.
  Task<> delete_when_changed(MailboxId mailbox, std::string name) {
    Signal signal(runtime());
    const ChangeHub::Subscription subscription(store().changes(), mailbox, signal);
    co_await signal.wait();
    co_await store().delete_mailbox(alice(), name);
  }
  Task<> stop_when_changed(MailboxId mailbox) {
    Signal signal(runtime());
    const ChangeHub::Subscription subscription(store().changes(), mailbox, signal);
    co_await signal.wait();
    store().stop();
  }
  FlagChange mark() {
    FlagChange change;
    change.how = FlagChange::How::add;
    change.flags.bits = Flags::seen;
    return change;
  }
};
POSTROOM_CONTRACT(Interrupted);

TEST_P(Interrupted, AMoveWhoseTargetIsDeletedIsNotWhole) {
  const MailboxId box = inbox(alice());
  fill(box, 60);
  await(store().create_mailbox(alice(), "a", SpecialUse::none));
  const MailboxId target = mailbox(alice(), "a");
  runtime().spawn(delete_when_changed(target, "a"));
  const auto moved = await(store().move(box, UidSet(1, 60), target));
  ASSERT_TRUE(moved);
  EXPECT_FALSE(moved->whole);
  EXPECT_FALSE(moved->from.empty());
  EXPECT_EQ(60u, moved->from.size() + status(alice()).messages);
  EXPECT_TRUE(await(store().move(box, UidSet(1, 60), mailbox(alice(), "Trash")))->whole);
}

TEST_P(Interrupted, FlagsAreStoredAsFarAsItCame) {
  const MailboxId box = inbox(alice());
  fill(box, 60);
  runtime().spawn(stop_when_changed(box));
  EXPECT_THROW(await(store().store_flags(box, UidSet(1, 60), mark())), StoreFault);
  const std::uint64_t left = status(alice()).unseen;
  EXPECT_GT(left, 0u);
  EXPECT_LT(left, 60u);
  // What is small is still done.
  EXPECT_EQ(3u, await(store().store_flags(box, UidSet(50, 52), mark())).now.size());
}

TEST_P(Interrupted, ExpungesAreMadeAsFarAsItCame) {
  const MailboxId box = inbox(alice());
  fill(box, 60);
  runtime().spawn(stop_when_changed(box));
  EXPECT_THROW(await(store().expunge(box, UidSet(1, 60), false)), StoreFault);
  EXPECT_GT(status(alice()).messages, 0u);
  EXPECT_LT(status(alice()).messages, 60u);
}

TEST_P(Interrupted, AMoveLeavesEachMessageInOneMailbox) {
  const MailboxId box = inbox(alice());
  const MailboxId target = mailbox(alice(), "Trash");
  fill(box, 60);
  runtime().spawn(stop_when_changed(target));
  EXPECT_THROW(await(store().move(box, UidSet(1, 60), target)), StoreFault);
  EXPECT_GT(status(alice()).messages, 0u);
  EXPECT_GT(status(alice(), "Trash").messages, 0u);
  EXPECT_EQ(60u, status(alice()).messages + status(alice(), "Trash").messages);
}

TEST_P(Interrupted, ARenamedInboxToo) {
  fill(inbox(alice()), 60);
  runtime().spawn(stop_when_changed(inbox(alice())));
  EXPECT_THROW(await(store().rename_mailbox(alice(), "INBOX", "old")), StoreFault);
  EXPECT_GT(status(alice()).messages, 0u);
  EXPECT_EQ(60u, status(alice()).messages + status(alice(), "old").messages);
}

// RFC 3501 6.4.7: a COPY that fails leaves the target as it was.
TEST_P(Interrupted, ACopyLeavesNothing) {
  const MailboxId box = inbox(alice());
  const MailboxId target = mailbox(alice(), "Trash");
  fill(box, 60);
  runtime().spawn(stop_when_changed(target));
  EXPECT_THROW(await(store().copy(box, UidSet(1, 60), target)), StoreFault);
  EXPECT_EQ(0u, status(alice(), "Trash").messages);
  EXPECT_LT(status(alice(), "Trash").uid_next, 60u) << "it stopped before it had all";
  EXPECT_EQ(60u, status(alice()).messages);
}

}  // namespace
}  // namespace postroom::testing
