// Delivering, appending, fetching and reading messages.
#include <deque>

#include "tests/contract/contract.h"

namespace postroom::testing {
namespace {

class Messages : public Contract {};
POSTROOM_CONTRACT(Messages);

/// Bytes that differ everywhere, so that a piece in the wrong place shows.
std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 1;
  for (char& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

TEST_P(Messages, AreDeliveredToEachInboxOnce) {
  EXPECT_EQ(2u, deliver({alice(), bob(), alice()}, "hello"));
  for (const AccountId account : {alice(), bob()}) {
    const MailboxStatus now = status(account);
    EXPECT_EQ(1u, now.messages);
    EXPECT_EQ(1u, now.unseen);
    EXPECT_EQ(5u, now.size);
    EXPECT_EQ(2u, now.uid_next);
    EXPECT_EQ(std::vector<std::string>{"hello"}, contents(now.id));
  }
}

TEST_P(Messages, ForAccountsThatAreGoneArePassedOver) {
  EXPECT_EQ(1u, deliver({AccountId{999}, bob()}, "hello"));
  EXPECT_EQ(0u, deliver({AccountId{999}}, "hello"));
  EXPECT_EQ(1u, status(bob()).messages);
}

TEST_P(Messages, MayBeEmpty) {
  deliver({alice()}, "");
  const auto all = rows(inbox(alice()));
  ASSERT_EQ(1u, all.size());
  EXPECT_EQ(0u, all[0].size);
  EXPECT_EQ("", content(all[0]));
}

TEST_P(Messages, OfAnySizeComeBackAsTheyWere) {
  const std::size_t chunk = 1 << 16;
  for (const std::size_t size : {std::size_t{1}, chunk - 1, chunk, chunk + 1, Spool::kHeld - 1, Spool::kHeld,
                                 Spool::kHeld + 1, 3 * Spool::kHeld + 12345}) {
    const std::string message = pattern(size);
    ASSERT_EQ(2u, deliver({alice(), bob()}, message));
    const auto row = rows(inbox(bob())).back();
    EXPECT_EQ(size, row.size);
    EXPECT_TRUE(content(row) == message) << size;
  }
}

TEST_P(Messages, AreReadInPieces) {
  const std::string message = pattern(200000);
  deliver({alice()}, message);
  const ContentId id = rows(inbox(alice()))[0].content;
  EXPECT_EQ(message.substr(0, 10), await(store().read(id, 0, 10)));
  EXPECT_EQ(message.substr(65530, 12), await(store().read(id, 65530, 12)));
  EXPECT_EQ(message.substr(199990), await(store().read(id, 199990, 1000)));
  EXPECT_EQ("", await(store().read(id, 200000, 1000)));
  EXPECT_EQ("", await(store().read(id, ~std::uint64_t{0} - 5, 1000)));
  EXPECT_EQ("", await(store().read(id, 5, 0)));
  EXPECT_EQ("", await(store().read(ContentId{12345}, 0, 10)));
}

TEST_P(Messages, AreReadAtMostAMebibyteAtATime) {
  deliver({alice()}, pattern(Spool::kHeld + 5));
  const ContentId id = rows(inbox(alice()))[0].content;
  EXPECT_EQ(std::size_t{1} << 20, await(store().read(id, 0, ~std::size_t{0})).size());
}

TEST_P(Messages, AreAppendedWithFlagsAndDate) {
  Spool spool(store());
  await(spool.append("hello"));
  MessageFacts facts;
  facts.envelope = "envelope";
  facts.body = std::string("bo\0dy", 5);
  facts.body_structure = "structure";
  facts.parts = "parts";
  facts.sent_date = -5;
  const WallTime date{std::chrono::seconds(1234567890)};
  const auto appended =
      await(store().append(inbox(alice()), spool, facts, Flags{Flags::seen | Flags::keyword(57)}, date));
  ASSERT_TRUE(appended);
  EXPECT_EQ(1u, appended->uid);
  EXPECT_EQ(status(alice()).uid_validity, appended->uid_validity);
  EXPECT_EQ(0u, status(alice()).unseen);
  const auto all = Want::envelope | Want::body | Want::body_structure | Want::parts;
  const MessageRow row = rows(inbox(alice()), UidSet(1, 1), all)[0];
  EXPECT_EQ(Flags::seen | Flags::keyword(57), row.flags.bits);
  EXPECT_EQ(date, row.internal_date);
  EXPECT_EQ(-5, row.sent_date);
  EXPECT_EQ(status(alice()).highest_modseq, row.modseq);
  EXPECT_EQ("envelope", row.envelope);
  EXPECT_EQ(facts.body, row.body);
  EXPECT_EQ("structure", row.body_structure);
  EXPECT_EQ("parts", row.parts);
  EXPECT_EQ("", rows(inbox(alice()), UidSet(1, 1), Want::envelope)[0].body) << "not wanted";
}

TEST_P(Messages, AreNotAppendedToAMailboxThatIsGone) {
  Spool spool(store());
  await(spool.append("hello"));
  EXPECT_FALSE(await(store().append(MailboxId{999}, spool, MessageFacts(), Flags{}, WallTime{})));
  EXPECT_TRUE(await(store().append(inbox(bob()), spool, MessageFacts(), Flags{}, WallTime{})))
      << "still whole";
  EXPECT_EQ(std::vector<std::string>{"hello"}, contents(inbox(bob())));
}

/// Messages to be appended together.
struct Several {
  explicit Several(Store& into) : store(into) {}
  NewMessage& add() {
    NewMessage& message = messages.emplace_back();
    message.spool = &spools.emplace_back(store);
    return message;
  }
  Store& store;
  std::deque<Spool> spools;
  std::vector<NewMessage> messages;
};

TEST_P(Messages, AreAppendedTogether) {
  fill(inbox(alice()), 1);
  Several several(store());
  for (const char* text : {"one", "two!", "three"}) await(several.add().spool->append(text));
  several.messages[0].flags.bits = Flags::seen;
  several.messages[1].facts.envelope = "second";
  const auto appended = await(store().append_all(inbox(alice()), std::move(several.messages)));
  ASSERT_TRUE(appended);
  EXPECT_EQ(2u, appended->uid);
  EXPECT_EQ((std::vector<std::string>{"message 1", "one", "two!", "three"}), contents(inbox(alice())));
  EXPECT_EQ("second", rows(inbox(alice()), UidSet(3, 3), Want::envelope)[0].envelope);
  const MailboxStatus now = status(alice());
  EXPECT_EQ(5u, now.uid_next);
  EXPECT_EQ(3u, now.unseen);
  EXPECT_EQ(9u + 12u, now.size);
}

TEST_P(Messages, AreReplacedInOneStep) {
  fill(inbox(alice()), 3);
  const ModSeq before = status(alice()).highest_modseq;
  Several several(store());
  await(several.add().spool->append("a new version"));
  const Replaced replaced = await(store().replace(inbox(alice()), 2, inbox(alice()), several.messages[0]));
  EXPECT_EQ(Replaced::Outcome::yes, replaced.outcome);
  EXPECT_EQ(4u, replaced.added.uid);
  EXPECT_EQ(status(alice()).uid_validity, replaced.added.uid_validity);
  EXPECT_EQ((std::vector<std::string>{"message 1", "message 3", "a new version"}), contents(inbox(alice())));
  const MailboxChanges changes = await(store().changes_since(inbox(alice()), before));
  EXPECT_EQ(UidSet(4, 4), changes.added);
  EXPECT_EQ(UidSet(2, 2), changes.expunged);
}

TEST_P(Messages, ThatCannotBeReplacedStay) {
  fill(inbox(alice()), 1);
  const MailboxStatus before = status(alice());
  Several several(store());
  await(several.add().spool->append("a new version"));
  const NewMessage& message = several.messages[0];
  EXPECT_EQ(Replaced::Outcome::no_message,
            await(store().replace(inbox(alice()), 2, inbox(alice()), message)).outcome);
  EXPECT_EQ(Replaced::Outcome::no_message,
            await(store().replace(MailboxId{999}, 1, inbox(alice()), message)).outcome);
  EXPECT_EQ(Replaced::Outcome::no_mailbox,
            await(store().replace(inbox(alice()), 1, MailboxId{999}, message)).outcome);
  EXPECT_EQ((std::vector<std::string>{"message 1"}), contents(inbox(alice())));
  EXPECT_EQ(before.highest_modseq, status(alice()).highest_modseq);
  EXPECT_EQ(before.uid_next, status(alice()).uid_next);
}

TEST_P(Messages, AreAppendedTogetherOrNotAtAll) {
  Several several(store());
  for (const char* text : {"one", "two"}) await(several.add().spool->append(text));
  EXPECT_FALSE(await(store().append_all(MailboxId{999}, several.messages)));
  // One of them cannot be stored: it was given to the store before.
  await(store().settle(*several.messages[1].spool, MessageFacts()));
  const ContentId settled = *several.messages[1].spool->staged();
  store().abandon(settled);
  eventually([&] { return await(store().read(settled, 0, 1)).empty(); });
  EXPECT_THROW(await(store().append_all(inbox(alice()), several.messages)), StoreFault);
  EXPECT_EQ(0u, status(alice()).messages);
  EXPECT_EQ(1u, status(alice()).uid_next);
  EXPECT_TRUE(rows(inbox(alice())).empty());
}

TEST_P(Messages, ThatAreSettledHoldNoMemory) {
  const std::string large = pattern(Spool::kHeld + 70001);
  Several several(store());
  for (const std::string& text : {std::string("small"), large}) {
    NewMessage& message = several.add();
    await(message.spool->append(text));
    MessageFacts facts;
    facts.envelope = "envelope";
    facts.sent_date = 7;
    message.facts.sent_date = facts.sent_date;
    await(store().settle(*message.spool, facts));
    EXPECT_EQ("", message.spool->held());
    EXPECT_EQ(text.size(), message.spool->size());
  }
  EXPECT_EQ(0u, store().held_by_spools);
  ASSERT_TRUE(await(store().append_all(inbox(alice()), std::move(several.messages))));
  EXPECT_TRUE(contents(inbox(alice())) == (std::vector<std::string>{"small", large}));
  const auto found = rows(inbox(alice()), UidSet(1, 2), Want::envelope);
  ASSERT_EQ(2u, found.size());
  EXPECT_EQ("envelope", found[0].envelope);
  EXPECT_EQ(7, found[1].sent_date);
  EXPECT_EQ(large.size(), found[1].size);
  EXPECT_EQ(0, ask("SELECT count(*) FROM staged"));
}

TEST_P(Messages, ThatAreSettledAndForgottenAreRemoved) {
  {
    Several several(store());
    await(several.add().spool->append("forgotten"));
    await(store().settle(*several.messages[0].spool, MessageFacts()));
    EXPECT_EQ(1, ask("SELECT count(*) FROM staged"));
  }
  eventually([&] { return ask("SELECT count(*) FROM content") + ask("SELECT count(*) FROM staged") == 0; });
}

TEST_P(Messages, AreFetchedByUid) {
  fill(inbox(alice()), 300);
  await(store().expunge(inbox(alice()), UidSet(10, 20), false));
  EXPECT_EQ((std::vector<Uid>{1, 2, 9, 21, 150, 300}),
            uids_of(rows(inbox(alice()), set_of({1, 2, 9, 10, 15, 20, 21, 150, 300, 301, 5000}))));
  EXPECT_EQ(289u, rows(inbox(alice())).size());
  EXPECT_TRUE(rows(inbox(alice()), UidSet(301, ~Uid{0})).empty());
  EXPECT_TRUE(rows(inbox(alice()), UidSet()).empty());
  EXPECT_TRUE(rows(MailboxId{999}).empty());
}

TEST_P(Messages, AreFetchedInBatchesThatEnd) {
  MessageFacts facts;
  facts.envelope = std::string(100000, 'x');
  for (int i = 0; i < 20; ++i) {
    Spool spool(store());
    await(spool.append("x"));
    await(store().append(inbox(alice()), spool, facts, Flags{}, WallTime{}));
  }
  const auto some = await(store().fetch(inbox(alice()), UidSet(1, 100), Want::envelope));
  EXPECT_LT(some.size(), 20u) << "more than a megabyte at once";
  EXPECT_EQ(20u, rows(inbox(alice()), UidSet(1, 100), Want::envelope).size());
  EXPECT_EQ(20u, await(store().fetch(inbox(alice()), UidSet(1, 100), Want::flags)).size());
}

TEST_P(Messages, SurviveARestart) {
  deliver({alice()}, "hello");
  reopen();
  EXPECT_EQ(std::vector<std::string>{"hello"}, contents(inbox(alice())));
}

TEST_P(Messages, ThatWereNotDeliveredLeaveNothing) {
  {
    Spool spool(store());
    await(spool.append(pattern(3 * Spool::kHeld)));
  }
  {
    Spool spool(store());
    await(spool.append(pattern(2 * Spool::kHeld)));
    EXPECT_EQ(Delivered::Outcome::gone,
              await(store().deliver(std::vector{AccountId{999}}, spool, MessageFacts(), kNever)).outcome);
  }
  eventually([&] { return ask("SELECT count(*) FROM chunk") == 0; });
  EXPECT_EQ(0, ask("SELECT count(*) FROM content"));
  EXPECT_EQ(0, ask("SELECT count(*) FROM staged"));
}

TEST_P(Messages, ThatARestartInterruptedLeaveNothing) {
  {
    Spool spool(store());
    await(spool.append(pattern(3 * Spool::kHeld)));
    spool.delivered();  // as when the server ends here: nobody says that it is not wanted any more
  }
  reopen();
  deliver({alice()}, "hello");
  eventually([&] { return ask("SELECT count(*) FROM chunk") == 1; });
}

TEST_P(Messages, BytesGoWithTheLastReference) {
  deliver({alice(), bob()}, "hello");
  await(store().copy(inbox(alice()), UidSet(1, 1), mailbox(alice(), "Archive")));
  const MessageRow row = rows(inbox(bob()))[0];
  await(store().expunge(inbox(alice()), UidSet(1, 1), false));
  eventually([&] { return ask("SELECT count(*) FROM garbage") == 0; });
  await(store().expunge(inbox(bob()), UidSet(1, 1), false));
  eventually([&] { return ask("SELECT count(*) FROM garbage") == 0; });
  EXPECT_EQ("hello", content(row));
  await(store().expunge(mailbox(alice(), "Archive"), UidSet(1, 1), false));
  eventually([&] { return content(row).empty(); });
}

TEST_P(Messages, BeingReadOutliveTheirRemoval) {
  options.keep_expunged = std::chrono::hours(1);
  reopen();
  deliver({alice()}, "hello");
  const MessageRow row = rows(inbox(alice()))[0];
  await(store().expunge(inbox(alice()), UidSet(1, 1), false));
  pass(std::chrono::milliseconds(20));
  EXPECT_TRUE(rows(inbox(alice())).empty());
  EXPECT_EQ("hello", content(row));
}

}  // namespace
}  // namespace postroom::testing
