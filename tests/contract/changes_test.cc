// Flags, copies, moves, expunges, and what sessions are told of them.
#include "tests/contract/contract.h"

namespace postroom::testing {
namespace {

constexpr auto kAdd = FlagChange::How::add;
constexpr auto kRemove = FlagChange::How::remove;
constexpr auto kReplace = FlagChange::How::replace;

class Changes : public Contract {
 protected:
  MailboxChanges since(MailboxId mailbox, ModSeq modseq) {
    return await(store().changes_since(mailbox, modseq));
  }
  std::vector<std::uint64_t> flags_of(MailboxId mailbox) {
    std::vector<std::uint64_t> all;
    for (const MessageRow& row : rows(mailbox)) all.push_back(row.flags.bits);
    return all;
  }
};
POSTROOM_CONTRACT(Changes);

TEST_P(Changes, FlagsAreReplacedAddedAndRemoved) {
  const MailboxId box = inbox(alice());
  fill(box, 3);
  flag(box, UidSet(1, 3), kAdd, Flags::seen | Flags::flagged);
  flag(box, UidSet(2, 3), kRemove, Flags::flagged | Flags::draft);
  flag(box, UidSet(3, 3), kReplace, Flags::deleted | Flags::keyword(3));
  EXPECT_EQ((std::vector<std::uint64_t>{Flags::seen | Flags::flagged, Flags::seen,
                                        Flags::deleted | Flags::keyword(3)}),
            flags_of(box));
  EXPECT_EQ(1u, status(alice()).unseen);
}

TEST_P(Changes, StoringTellsTheFlagsOfAll) {
  const MailboxId box = inbox(alice());
  fill(box, 20);
  flag(box, set_of({2, 19}), kAdd, Flags::seen);
  const FlagsStored stored = flag(box, UidSet(1, 100), kAdd, Flags::seen);
  ASSERT_EQ(20u, stored.now.size());
  for (std::size_t i = 0; i < 20; ++i) {
    EXPECT_EQ(i + 1, stored.now[i].uid);
    EXPECT_EQ(Flags::seen, stored.now[i].flags.bits);
    EXPECT_EQ(rows(box)[i].modseq, stored.now[i].modseq);
  }
  EXPECT_TRUE(stored.refused.empty());
  EXPECT_EQ(status(alice()).highest_modseq, stored.modseq);
  EXPECT_EQ(0u, status(alice()).unseen);
}

TEST_P(Changes, StoringWhatIsThereChangesNothing) {
  const MailboxId box = inbox(alice());
  fill(box, 3);
  flag(box, UidSet(1, 3), kAdd, Flags::seen);
  const ModSeq before = status(alice()).highest_modseq;
  const FlagsStored stored = flag(box, UidSet(1, 3), kAdd, Flags::seen);
  EXPECT_EQ(0u, stored.modseq);
  EXPECT_EQ(3u, stored.now.size());
  EXPECT_EQ(before, status(alice()).highest_modseq);
}

TEST_P(Changes, ModseqRisesWithEveryChange) {
  const MailboxId box = inbox(alice());
  ModSeq last = status(alice()).highest_modseq;
  const auto risen = [&] {
    const ModSeq now = status(alice()).highest_modseq;
    const bool higher = now > last;
    last = now;
    return higher;
  };
  EXPECT_GE(last, 1u);
  deliver({alice()}, "x");
  EXPECT_TRUE(risen());
  append(box, "y");
  EXPECT_TRUE(risen());
  flag(box, UidSet(1, 1), kAdd, Flags::seen);
  EXPECT_TRUE(risen());
  await(store().copy(box, UidSet(1, 1), box));
  EXPECT_TRUE(risen());
  await(store().move(box, UidSet(1, 1), mailbox(alice(), "Sent")));
  EXPECT_TRUE(risen());
  EXPECT_EQ(last, await(store().expunge(box, UidSet(2, 2), false)).modseq - 1);
  EXPECT_TRUE(risen());
}

TEST_P(Changes, UnchangedSinceRefusesWhatChangedLater) {
  const MailboxId box = inbox(alice());
  fill(box, 20);
  const ModSeq seen = status(alice()).highest_modseq;
  flag(box, set_of({3, 15}), kAdd, Flags::flagged);
  const FlagsStored stored = flag(box, UidSet(1, 20), kAdd, Flags::seen, seen);
  EXPECT_EQ((std::vector<Uid>{3, 15}), uids_of(stored.refused));
  EXPECT_EQ(18u, stored.now.size());
  EXPECT_EQ(Flags::flagged, rows(box, UidSet(3, 3))[0].flags.bits);
  EXPECT_EQ(20u, flag(box, UidSet(1, 20), kAdd, Flags::seen, 0).refused.size());
}

TEST_P(Changes, CopiesHaveFlagsAndDates) {
  const MailboxId box = inbox(alice());
  const MailboxId sent = mailbox(alice(), "Sent");
  fill(sent, 2);
  fill(box, 20);
  flag(box, UidSet(4, 4), kAdd, Flags::seen | Flags::keyword(1));
  const auto copied = await(store().copy(box, set_of({2, 4, 6, 8, 10, 12, 14, 16, 18, 40}), sent));
  ASSERT_TRUE(copied);
  EXPECT_EQ((std::vector<Uid>{2, 4, 6, 8, 10, 12, 14, 16, 18}), copied->from);
  EXPECT_EQ((std::vector<Uid>{3, 4, 5, 6, 7, 8, 9, 10, 11}), copied->to);
  EXPECT_EQ(status(alice(), "Sent").uid_validity, copied->uid_validity);
  EXPECT_EQ(20u, status(alice()).messages);
  EXPECT_EQ(11u, status(alice(), "Sent").messages);
  EXPECT_EQ(10u, status(alice(), "Sent").unseen);
  EXPECT_EQ(Flags::seen | Flags::keyword(1), rows(sent, UidSet(4, 4))[0].flags.bits);
  EXPECT_EQ("message 4", content(rows(sent, UidSet(4, 4))[0]));
}

TEST_P(Changes, DeletedMessagesAreCounted) {
  const MailboxId box = inbox(alice());
  const MailboxId sent = mailbox(alice(), "Sent");
  fill(box, 20);
  append(box, "message 21", Flags::deleted);
  EXPECT_EQ(1u, status(alice()).deleted);
  flag(box, UidSet(1, 15), kAdd, Flags::deleted);
  flag(box, UidSet(1, 15), kAdd, Flags::deleted | Flags::seen);
  flag(box, UidSet(1, 3), kRemove, Flags::deleted);
  flag(box, UidSet(4, 4), kReplace, Flags::flagged);
  EXPECT_EQ(12u, status(alice()).deleted);
  await(store().copy(box, UidSet(1, 6), sent));
  EXPECT_EQ(2u, status(alice(), "Sent").deleted);
  await(store().move(box, UidSet(1, 7), sent));
  EXPECT_EQ(5u, status(alice(), "Sent").deleted);
  EXPECT_EQ(9u, status(alice()).deleted);
  await(store().expunge(box, UidSet(1, 10), true));
  EXPECT_EQ(6u, status(alice()).deleted);
  EXPECT_EQ(6 * std::string("message 11").size(), status(alice()).deleted_size);
  EXPECT_EQ(0, ask("SELECT count(*) FROM mailbox b WHERE (deleted, deleted_size) <>"
                   " (SELECT count(*), total(size) FROM message WHERE mailbox = b.id AND flags & 8)"));
  for (const MailboxInfo& info : await(store().mailboxes(alice()))) {
    EXPECT_EQ(status(alice(), info.name).deleted, info.status.deleted) << info.name;
    EXPECT_EQ(status(alice(), info.name).deleted_size, info.status.deleted_size) << info.name;
  }
}

TEST_P(Changes, CopyingNothingIsSomething) {
  const auto copied = await(store().copy(inbox(alice()), UidSet(1, 5), mailbox(alice(), "Sent")));
  ASSERT_TRUE(copied);
  EXPECT_TRUE(copied->from.empty());
  EXPECT_EQ(1u, status(alice(), "Sent").highest_modseq);
}

TEST_P(Changes, CopyingIntoTheSameMailboxEnds) {
  const MailboxId box = inbox(alice());
  fill(box, 20);
  EXPECT_EQ(20u, await(store().copy(box, UidSet(1, ~Uid{0}), box))->to.size());
  EXPECT_EQ(40u, status(alice()).messages);
  EXPECT_EQ(40u, await(store().move(box, UidSet(1, ~Uid{0}), box))->to.size());
  EXPECT_EQ((UidSet(41, 80)), await(store().open(alice(), "INBOX", false))->uids);
}

TEST_P(Changes, MovedMessagesAreInOneMailbox) {
  const MailboxId box = inbox(alice());
  const MailboxId trash = mailbox(alice(), "Trash");
  fill(box, 20);
  const ModSeq before = status(alice()).highest_modseq;
  const auto moved = await(store().move(box, UidSet(2, 19), trash));
  EXPECT_EQ(18u, moved->to.size());
  EXPECT_EQ((std::vector<Uid>{1, 20}), uids_of(rows(box)));
  EXPECT_EQ(18u, status(alice(), "Trash").messages);
  EXPECT_EQ("message 2", content(rows(trash)[0]));
  EXPECT_EQ(UidSet(2, 19), since(box, before).expunged);
  EXPECT_EQ(0, ask("SELECT count(*) FROM garbage"));
}

// RFC 6851 3.3 allows it.
TEST_P(Changes, MovedWithinAMailboxMessagesGetNewUids) {
  const MailboxId box = inbox(alice());
  fill(box, 20);
  flag(box, UidSet(1, 2), kAdd, Flags::seen);
  const MailboxStatus before = status(alice());
  const auto moved = await(store().move(box, UidSet(2, 3), box));
  EXPECT_EQ((std::vector<Uid>{2, 3}), moved->from);
  EXPECT_EQ((std::vector<Uid>{21, 22}), moved->to);
  const MailboxStatus after = status(alice());
  EXPECT_EQ(before.messages, after.messages);
  EXPECT_EQ(before.unseen, after.unseen);
  EXPECT_EQ(before.size, after.size);
  EXPECT_EQ(23u, after.uid_next);
  EXPECT_EQ("message 2", content(rows(box, UidSet(21, 21))[0]));
  EXPECT_EQ(Flags::seen, rows(box, UidSet(21, 21))[0].flags.bits);
  const MailboxChanges changes = since(box, before.highest_modseq);
  EXPECT_EQ(UidSet(2, 3), changes.expunged);
  EXPECT_EQ(UidSet(21, 22), changes.added);
  EXPECT_EQ(0, ask("SELECT count(*) FROM garbage"));
}

TEST_P(Changes, ExpungeTakesThoseThatAreDeleted) {
  const MailboxId box = inbox(alice());
  fill(box, 40);
  flag(box, UidSet(5, 30), kAdd, Flags::deleted);
  const Expunged some = await(store().expunge(box, UidSet(1, 20), true));
  EXPECT_EQ(UidSet(5, 20), some.uids);
  EXPECT_EQ(status(alice()).highest_modseq, some.modseq);
  EXPECT_EQ(24u, status(alice()).messages);
  EXPECT_EQ(0u, await(store().expunge(box, UidSet(1, 20), true)).modseq);
  EXPECT_EQ(UidSet(1, 2), await(store().expunge(box, UidSet(1, 2), false)).uids);
  EXPECT_EQ(41u, append(box, "new").uid) << "UIDs are never used again";
}

TEST_P(Changes, AreToldSinceAModseq) {
  const MailboxId box = inbox(alice());
  fill(box, 30);
  const ModSeq start = status(alice()).highest_modseq;
  EXPECT_EQ(start, since(box, start).highest_modseq);
  EXPECT_TRUE(since(box, start).added.empty());
  flag(box, UidSet(10, 12), kAdd, Flags::seen);
  await(store().expunge(box, set_of({1, 3, 11}), false));
  fill(box, 3);
  flag(box, UidSet(33, 33), kAdd, Flags::flagged);
  const MailboxChanges changes = since(box, start);
  EXPECT_EQ(status(alice()).highest_modseq, changes.highest_modseq);
  EXPECT_EQ(UidSet(31, 33), changes.added);
  EXPECT_EQ(set_of({1, 3, 11}), changes.expunged);
  ASSERT_EQ(2u, changes.changed.size());
  EXPECT_EQ(10u, changes.changed[0].uid);
  EXPECT_EQ(12u, changes.changed[1].uid);
  EXPECT_EQ(Flags::seen, changes.changed[1].flags.bits);
  EXPECT_EQ(30u, since(box, 0).added.size());
  EXPECT_TRUE(since(box, 0).changed.empty());
  EXPECT_TRUE(since(MailboxId{999}, 0).added.empty());
}

TEST_P(Changes, OfMessagesThatCameAndWentAreNoLoss) {
  const MailboxId box = inbox(alice());
  fill(box, 2);
  const ModSeq start = status(alice()).highest_modseq;
  fill(box, 2);
  await(store().expunge(box, UidSet(2, 3), false));
  const MailboxChanges changes = since(box, start);
  EXPECT_EQ(UidSet(4, 4), changes.added);
  EXPECT_EQ(UidSet(2, 3), changes.expunged);
  // A client may have seen the third without its modseq, and know no later one than `start`.
  await(store().expunge(box, UidSet(4, 4), false));
  EXPECT_EQ(UidSet(2, 4), since(box, start).expunged);
}

// What is not remembered one by one any more is told as everything that is not there.
TEST_P(Changes, ExpungesOfLongAgoAreToldTogether) {
  options.slice_rows = 500;
  reopen();
  const MailboxId box = inbox(alice());
  fill(box, 300);
  const ModSeq long_ago = status(alice()).highest_modseq;
  for (Uid last = 300; last < 9600; last *= 2) await(store().copy(box, UidSet(1, last), box));
  const ModSeq before = status(alice()).highest_modseq;
  UidSet odd;
  for (Uid uid = 1; uid <= 9600; uid += 2) odd.add(uid);
  for (Uid uid = 1; uid < 9600; uid += 200)
    await(store().expunge(box, odd.intersect(UidSet(uid, uid + 199)), false));
  EXPECT_LT(ask("SELECT count(*) FROM expunged"), 4800);
  const ModSeq lately = status(alice()).highest_modseq;
  await(store().expunge(box, UidSet(9600, 9600), false));
  EXPECT_EQ(odd.size() + 1, since(box, before).expunged.size());
  EXPECT_EQ(uids_of(odd), uids_of(since(box, before).expunged.intersect(UidSet(1, 9599))));
  EXPECT_EQ(UidSet(9600, 9600), since(box, lately).expunged);
  const MailboxChanges all = since(box, long_ago);
  EXPECT_EQ(uids_of(odd.intersect(UidSet(1, 300))), uids_of(all.expunged.intersect(UidSet(1, 300))));
  EXPECT_EQ(9300u / 2 - 1, all.added.size());
  EXPECT_EQ(odd.size() + 1, all.expunged.size()) << "also of those that came since";
}

// Many flags are told in batches, each up to a modseq: nothing is lost, nothing is told twice.
TEST_P(Changes, OfManyFlagsAreToldInBatches) {
  options.changes_at_once = 10;
  reopen();
  const MailboxId box = inbox(alice());
  fill(box, 60);
  const ModSeq start = status(alice()).highest_modseq;
  flag(box, UidSet(1, 40), kAdd, Flags::seen);  // in pieces of 7, each with one modseq
  fill(box, 1);
  await(store().expunge(box, UidSet(3, 3), false));
  flag(box, UidSet(30, 61), kAdd, Flags::flagged);
  fill(box, 1);
  await(store().expunge(box, UidSet(50, 50), false));
  const ModSeq end = status(alice()).highest_modseq;
  UidSet added, expunged, changed;
  MailboxChanges batch;
  batch.highest_modseq = start;
  batch.more = true;
  for (int batches = 0; batch.more; ++batches) {
    ASSERT_LT(batches, 20);
    const ModSeq from = batch.highest_modseq;
    batch = since(box, from);
    EXPECT_LT(batch.changed.size(), 17u);
    EXPECT_LT(from, batch.highest_modseq);
    for (const FlagState& state : batch.changed) {
      EXPECT_LT(from, state.modseq);
      EXPECT_LE(state.modseq, batch.highest_modseq);
      EXPECT_FALSE(changed.contains(state.uid)) << "told twice";
      changed.add(state.uid);
      EXPECT_EQ(rows(box, UidSet(state.uid, state.uid))[0].flags, state.flags);
    }
    EXPECT_TRUE(added.intersect(batch.added).empty());
    EXPECT_TRUE(expunged.intersect(batch.expunged).empty());
    added.add(batch.added);
    expunged.add(batch.expunged);
  }
  EXPECT_EQ(end, batch.highest_modseq);
  EXPECT_EQ(UidSet(61, 62), added);
  EXPECT_EQ(set_of({3, 50}), expunged);
  UidSet all(1, 61);
  all.remove(set_of({3, 50}));
  EXPECT_EQ(uids_of(all), uids_of(changed)) << "61 came, and got its flag later";
}

// One change is told whole, however large: it has one modseq.
TEST_P(Changes, OfOneModseqAreToldTogether) {
  options.changes_at_once = 2;
  reopen();
  const MailboxId box = inbox(alice());
  fill(box, 10);
  const ModSeq start = status(alice()).highest_modseq;
  flag(box, UidSet(1, 7), kAdd, Flags::seen);
  flag(box, UidSet(8, 8), kAdd, Flags::seen);
  const MailboxChanges first = since(box, start);
  EXPECT_EQ(7u, first.changed.size());
  EXPECT_TRUE(first.more);
  const MailboxChanges rest = since(box, first.highest_modseq);
  EXPECT_EQ(1u, rest.changed.size());
  EXPECT_FALSE(rest.more);
}

// One comes, one goes: the modseqs of expunges are all odd, or all even.
TEST_P(Changes, ExpungesInARhythmAreForgottenToo) {
  if (GetParam().seed != 0 || GetParam().threads) return;  // the order of things is the same in all modes
  const MailboxId box = inbox(alice());
  fill(box, 1);
  for (Uid uid = 2; uid < 4600; ++uid) {
    await(store().copy(box, UidSet(1, 1), box));
    await(store().expunge(box, UidSet(uid, uid), false));
  }
  EXPECT_LT(ask("SELECT count(*) FROM expunged"), 4400);
}

TEST_P(Changes, ArePublishedOnceDurable) {
  Signal signal(runtime());
  const MailboxId box = inbox(alice());
  const ChangeHub::Subscription mine(store().changes(), box, signal);
  const ChangeHub::Subscription other(store().changes(), inbox(bob()), signal);
  deliver({alice()}, "x");
  EXPECT_EQ(status(alice()).highest_modseq, mine.latest());
  flag(box, UidSet(1, 1), kAdd, Flags::seen);
  EXPECT_EQ(status(alice()).highest_modseq, mine.latest());
  await(store().expunge(box, UidSet(1, 1), false));
  EXPECT_EQ(status(alice()).highest_modseq, mine.latest());
  EXPECT_EQ(0u, other.latest());
  EXPECT_FALSE(mine.gone());
}

TEST_P(Changes, ADeletedMailboxIsToldGone) {
  await(store().create_mailbox(alice(), "a", SpecialUse::none));
  Signal signal(runtime());
  const ChangeHub::Subscription subscription(store().changes(), mailbox(alice(), "a"), signal);
  await(store().delete_mailbox(alice(), "a"));
  EXPECT_TRUE(subscription.gone());
}

// Whatever happens, a session that adds up what it is told sees what is there.
TEST_P(Changes, AddUpToTheMailbox) {
  const MailboxId box = inbox(alice());
  std::mt19937 random(7);
  UidSet view;
  std::vector<std::uint64_t> known(2000);
  ModSeq told = 0;
  for (int round = 0; round < 60; ++round) {
    const Uid next = status(alice()).uid_next;
    const Uid at = 1 + static_cast<Uid>(random()) % next;
    switch (random() % 5) {
      case 0: fill(box, 5); break;
      case 1: flag(box, UidSet(at, at + 9), kAdd, Flags::seen); break;
      case 2: flag(box, UidSet(at, at + 3), kReplace, Flags::flagged); break;
      case 3: await(store().expunge(box, UidSet(at, at + 2), false)); break;
      default: await(store().copy(box, UidSet(at, at + 4), box));
    }
    if (random() % 2 == 0) continue;
    const MailboxChanges changes = since(box, told);
    told = changes.highest_modseq;
    view.remove(changes.expunged);
    view.add(changes.added);
    for (const FlagState& state : changes.changed) known[state.uid] = state.flags.bits;
    for (const MessageRow& row : rows(box, changes.added)) known[row.uid] = row.flags.bits;
    EXPECT_EQ(await(store().open(alice(), "INBOX", false))->uids, view);
    for (const MessageRow& row : rows(box)) ASSERT_EQ(row.flags.bits, known[row.uid]) << row.uid;
  }
}

}  // namespace
}  // namespace postroom::testing
