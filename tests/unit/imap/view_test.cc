// RFC 3501 2.3.1.2, 9 (sequence-set).
#include "protocols/imap/view.h"

#include <gtest/gtest.h>

#include "protocols/imap/cursor.h"
#include "protocols/imap/wire.h"
#include "tests/support/sim_runtime.h"

namespace postroom::imap {
namespace {

class ViewTest : public ::testing::Test {
 protected:
  /// A mailbox with these UIDs, those from `first_recent` on recent.
  View view(std::initializer_list<UidSet::Run> runs, Uid first_recent = 1) {
    MailboxSnapshot snapshot;
    for (const UidSet::Run& run : runs) snapshot.uids.add(run.first, run.last);
    snapshot.status.first_recent = first_recent;
    snapshot.status.highest_modseq = 10;
    return View(hub_, snapshot, signal_, false);
  }

  static std::string resolve(const View& view, std::string_view text, Numbers numbers) {
    Cursor in(text);
    const auto uids = view.resolve(in.sequence_set(), numbers);
    return uids ? format_set(*uids) : "BAD";
  }
  static std::string by_number(const View& view, std::string_view text) {
    return resolve(view, text, Numbers::sequence);
  }
  static std::string by_uid(const View& view, std::string_view text) {
    return resolve(view, text, Numbers::uid);
  }

  postroom::testing::SimRuntime runtime_;
  Signal signal_{runtime_};
  ChangeHub hub_;
};

TEST_F(ViewTest, ResolvesSequenceNumbers) {
  const View some = view({{5, 7}, {10, 10}, {20, 22}});
  EXPECT_EQ(by_number(some, "1"), "5");
  EXPECT_EQ(by_number(some, "1:7"), "5:7,10,20:22");
  EXPECT_EQ(by_number(some, "*"), "22");
  EXPECT_EQ(by_number(some, "*:4"), "10,20:22");
  EXPECT_EQ(by_number(some, "3:5,1,4"), "5,7,10,20");
  EXPECT_EQ(by_number(some, "7,1:2,6"), "5:6,21:22");
  EXPECT_EQ(by_number(some, "8"), "BAD");
  EXPECT_EQ(by_number(some, "1:8"), "BAD");
}

TEST_F(ViewTest, ResolvesUids) {
  const View some = view({{5, 7}, {10, 10}});
  EXPECT_EQ(by_uid(some, "1:6"), "5:6");
  EXPECT_EQ(by_uid(some, "8:9"), "");
  EXPECT_EQ(by_uid(some, "11:*"), "10");
  EXPECT_EQ(by_uid(some, "*"), "10");
  EXPECT_EQ(by_uid(some, "*:7,1"), "7,10");
  EXPECT_EQ(by_uid(some, "4294967295"), "");
}

TEST_F(ViewTest, ResolvesNothingInAnEmptyMailbox) {
  const View none = view({});
  EXPECT_EQ(by_number(none, "1"), "BAD");
  EXPECT_EQ(by_number(none, "1:*"), "BAD");
  EXPECT_EQ(by_uid(none, "1:*"), "");
}

TEST_F(ViewTest, CountsSequenceNumbers) {
  const View some = view({{5, 7}, {10, 10}});
  EXPECT_EQ(some.sequence_of(10), 4U);
  EXPECT_EQ(some.sequence_of(8), std::nullopt);
  SequenceWalk walk(some.uids());
  EXPECT_EQ(walk.sequence_of(4), std::nullopt);
  EXPECT_EQ(walk.sequence_of(5), 1U);
  EXPECT_EQ(walk.sequence_of(7), 3U);
  EXPECT_EQ(walk.sequence_of(7), 3U);
  EXPECT_EQ(walk.sequence_of(9), std::nullopt);
  EXPECT_EQ(walk.sequence_of(10), 4U);
  EXPECT_EQ(walk.sequence_of(11), std::nullopt);
}

TEST_F(ViewTest, KeepsNumbersUntilExpungesAreTold) {
  View some = view({{1, 10}}, 9);
  EXPECT_EQ(format_set(some.recent()), "9:10");
  MailboxChanges changes;
  changes.highest_modseq = 12;
  changes.expunged.add(3, 4);
  changes.expunged.add(9);
  changes.expunged.add(50);  // came and went without this session
  changes.added.add(11, 12);
  some.take(changes, 12);
  EXPECT_EQ(some.told(), 12U);
  EXPECT_EQ(some.messages(), 12U);
  EXPECT_EQ(some.sequence_of(10), 10U);
  EXPECT_EQ(format_set(some.recent()), "9:10,12");
  EXPECT_TRUE(some.expunges_wait());

  EXPECT_EQ(format_set(some.take_out_expunged()), "3:4,9");
  EXPECT_EQ(some.messages(), 9U);
  EXPECT_EQ(some.sequence_of(10), 7U);
  EXPECT_EQ(format_set(some.recent()), "10,12");
  EXPECT_FALSE(some.expunges_wait());
}

TEST_F(ViewTest, KeepsWhatWasSavedButWhatIsExpunged) {
  View some = view({{1, 10}});
  EXPECT_EQ(by_uid(some, "$"), "");
  some.save(UidSet(2, 6));
  EXPECT_EQ(by_number(some, "$"), "2:6");
  MailboxChanges changes;
  changes.expunged.add(4, 7);
  changes.added.add(11);
  some.take(changes, 11);
  some.take_out_expunged();
  EXPECT_EQ(by_number(some, "$"), "2:3");
  EXPECT_EQ(by_uid(some, "$"), "2:3");
}

// RFC 7162 6: how far a client knows everything while expunges wait.
TEST_F(ViewTest, IsSettledWhenNoExpungeWaits) {
  View some = view({{1, 10}});
  const ModSeq start = some.settled();
  EXPECT_EQ(start, some.told());
  MailboxChanges changes;
  changes.highest_modseq = 12;
  some.take(changes, 0);
  EXPECT_EQ(some.settled(), 12U);
  changes.highest_modseq = 13;
  changes.expunged.add(4);
  some.take(changes, 0);
  changes.highest_modseq = 14;
  changes.expunged = UidSet(6, 7);
  some.take(changes, 0);
  EXPECT_EQ(some.told(), 14U);
  EXPECT_EQ(some.settled(), 12U);
  EXPECT_EQ(format_set(some.take_out_vanished()), "4,6:7");
  EXPECT_EQ(some.settled(), 14U);
  EXPECT_EQ(format_set(some.uids()), "1:3,5,8:10");
  EXPECT_FALSE(some.behind());
  some.reveal(14);
  EXPECT_FALSE(some.behind());
  some.reveal(15);  // read before it was published
  EXPECT_TRUE(some.behind());
}

TEST_F(ViewTest, NamesUidsThatAreNotThere) {
  const auto named = [](const View& view, std::string_view text) {
    Cursor in(text);
    return format_set(view.named(in.sequence_set()));
  };
  const View some = view({{5, 7}, {10, 10}});
  EXPECT_EQ(named(some, "12,1:2,9:8"), "1:2,8:9,12");
  EXPECT_EQ(named(some, "1:*"), "1:4294967295");
  EXPECT_EQ(named(some, "*:8"), "8:4294967295");
  EXPECT_EQ(named(some, "20:*"), "10:4294967295");
  EXPECT_EQ(named(some, "*"), "10:4294967295");
  EXPECT_EQ(named(view({}), "3:*,1"), "1,3:4294967295");
}

// RFC 7162 3.2.5.2.
TEST_F(ViewTest, FindsHowFarAClientKnowsIt) {
  const auto known = [](const View& view, std::string_view numbers, std::string_view uids) {
    Cursor first(numbers);
    Cursor second(uids);
    const SequenceSet theirs = first.sequence_set();
    return view.known_up_to(theirs, second.sequence_set());
  };
  const View some = view({{2, 3}, {8, 8}, {10, 14}});  // 1:2, 3, 4:8
  EXPECT_EQ(some.known_up_to({}, {}), 0U);
  EXPECT_EQ(known(some, "3", "8"), 8U);
  EXPECT_EQ(known(some, "3,6", "8,11"), 8U);
  EXPECT_EQ(known(some, "3,6", "8,12"), 12U);
  EXPECT_EQ(known(some, "3", "9"), 0U);
  EXPECT_EQ(known(some, "1:8", "2:3,8,10:14"), 14U);
  EXPECT_EQ(known(some, "1:2,3:8", "2,3,8,10:14"), 14U);
  EXPECT_EQ(known(some, "1:9", "2:3,8,9:14"), 8U);  // it has not heard that 9 is gone
  EXPECT_EQ(known(some, "1:20", "2:3,8,10:26"), 14U);
  EXPECT_EQ(known(some, "20,30", "12,14"), 0U);
  EXPECT_EQ(known(some, "1:4294967295", "1:4294967295"), 0U);
  EXPECT_EQ(known(view({{1, 4294967295}}), "1:4294967295", "1:4294967295"), 4294967295U);
  EXPECT_EQ(known(view({}), "1", "1"), 0U);
}

TEST_F(ViewTest, IsBehindUntilItHasLookedOnceAndAfterEachChange) {
  View some = view({{1, 2}});
  EXPECT_TRUE(some.behind());
  MailboxChanges nothing;
  nothing.highest_modseq = 10;
  some.take(nothing, 0);
  EXPECT_FALSE(some.behind());
  hub_.publish(some.mailbox(), 11);
  EXPECT_TRUE(some.behind());
  nothing.highest_modseq = 11;
  some.take(nothing, 0);
  EXPECT_FALSE(some.behind());
}

TEST_F(ViewTest, TakesAListBackwardsQuickly) {
  const View large = view({{1, 1000000}});
  SequenceSet set;
  for (std::uint32_t i = 30000; i > 0; --i) set.ranges.push_back({2 * i, 2 * i});
  EXPECT_EQ(large.resolve(set, Numbers::sequence)->size(), 30000U);
}

}  // namespace
}  // namespace postroom::imap
