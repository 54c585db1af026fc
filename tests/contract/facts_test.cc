// What is kept beside messages: previews and sort keys, save dates (RFC 8514), threads (RFC 8474).
#include "tests/contract/contract.h"

namespace postroom::testing {
namespace {

class Facts : public Contract {
 protected:
  /// A message of this ID with these ancestors, and the thread that it is called after.
  std::uint64_t come(MailboxId mailbox, std::uint64_t id, std::vector<std::uint64_t> references) {
    Spool spool(store());
    await(spool.append("message"));
    MessageFacts facts;
    facts.message_id = id;
    facts.references = std::move(references);
    const auto appended = await(store().append(mailbox, spool, facts, Flags{}, WallTime{}));
    return thread(mailbox, appended->uid);
  }
  std::uint64_t thread(MailboxId mailbox, Uid uid) {
    return rows(mailbox, UidSet(uid, uid), Want::saved).at(0).thread;
  }
  std::int64_t age(MailboxId mailbox, Uid uid) {
    const MessageRow row = rows(mailbox, UidSet(uid, uid), Want::saved).at(0);
    return (row.saved - row.internal_date).count();
  }
};
POSTROOM_CONTRACT(Facts);

TEST_P(Facts, AreGivenWhenTheyAreWanted) {
  Spool spool(store());
  await(spool.append("hello"));
  MessageFacts facts;
  facts.preview = "hello";
  facts.sort_keys = std::string("k\0ys", 4);
  ASSERT_EQ(Delivered::Outcome::yes,
            await(store().deliver(std::vector{alice()}, spool, facts, kNever)).outcome);
  const auto all = rows(inbox(alice()), UidSet(1, 1), Want::preview | Want::sort_keys);
  EXPECT_EQ("hello", all[0].preview);
  EXPECT_EQ(facts.sort_keys, all[0].sort_keys);
  const auto flags = rows(inbox(alice()), UidSet(1, 1), Want::flags | Want::envelope);
  EXPECT_EQ(std::nullopt, flags[0].preview);
  EXPECT_EQ("", flags[0].sort_keys);
}

TEST_P(Facts, ThatWereNotKeptAreAddedLater) {
  deliver({alice(), bob()}, "early");
  deliver({alice()}, "late");
  ask("UPDATE content SET preview = NULL, sort_keys = NULL WHERE id = 1 RETURNING 1");
  constexpr auto kWant = Want::preview | Want::sort_keys;
  const auto before = rows(inbox(alice()), UidSet(1, 2), kWant);
  EXPECT_EQ(std::nullopt, before[0].preview);
  EXPECT_EQ("", before[0].sort_keys);
  EXPECT_EQ("", before[1].preview) << "none is not the same as unknown";

  std::vector<LateFacts> late(2);
  for (std::size_t i = 0; i < 2; ++i) {
    late[i].content = before[i].content;
    late[i].facts.preview = "added";
    late[i].facts.sort_keys = "keys";
  }
  await(store().add_facts(late));
  for (const AccountId account : {alice(), bob()}) {
    const auto after = rows(inbox(account), UidSet(1, 1), kWant);
    EXPECT_EQ("added", after[0].preview);
    EXPECT_EQ("keys", after[0].sort_keys);
  }
  EXPECT_EQ("", rows(inbox(alice()), UidSet(2, 2), kWant)[0].preview) << "what is known stays";
}

// RFC 8514 3.
TEST_P(Facts, TheSaveDateIsOfTheMailbox) {
  deliver({alice()}, "hello");
  EXPECT_EQ(0, age(inbox(alice()), 1)) << "of a delivery the same as the internal date";
  await(store().create_mailbox(alice(), "Archive", SpecialUse::none));
  const MailboxId archive = mailbox(alice(), "Archive");
  const std::int64_t now = runtime().wall_now().time_since_epoch().count();
  append(archive, "old");
  EXPECT_NEAR(static_cast<double>(now), static_cast<double>(age(archive, 1)), 5)
      << "appended with 1970 as its date";

  ask("UPDATE message SET internal_date = internal_date - 1000, saved = internal_date - 900 WHERE mailbox "
      "= " +
      std::to_string(static_cast<std::int64_t>(inbox(alice()))) + " RETURNING 1");
  EXPECT_EQ(100, age(inbox(alice()), 1));
  await(store().copy(inbox(alice()), UidSet(1, 1), archive));
  await(store().move(inbox(alice()), UidSet(1, 1), archive));
  for (const Uid uid : {2u, 3u}) EXPECT_NEAR(1000., static_cast<double>(age(archive, uid)), 5) << uid;
}

TEST_P(Facts, AMessageThatCameBeforeSaveDatesHasItsInternalDate) {
  append(inbox(alice()), "early");
  ask("UPDATE message SET saved = NULL RETURNING 1");
  EXPECT_EQ(0, age(inbox(alice()), 1));
}

TEST_P(Facts, AReplyThatNamesItsThreadIsInIt) {
  EXPECT_EQ(0u, come(inbox(alice()), 1, {}));
  EXPECT_EQ(0u, come(inbox(alice()), 2, {1}));
  EXPECT_EQ(0u, come(inbox(alice()), 3, {1, 2})) << "its first reference says it";
  EXPECT_EQ(0u, come(inbox(alice()), 0, {}));
}

TEST_P(Facts, AReplyThatNamesItsParentOnlyIsInTheSameThread) {
  await(store().create_mailbox(alice(), "Sent", SpecialUse::none));
  come(inbox(alice()), 2, {1});
  EXPECT_EQ(1u, come(mailbox(alice(), "Sent"), 3, {2})) << "in any mailbox of the account";
  EXPECT_EQ(1u, come(inbox(alice()), 4, {3}));
  EXPECT_EQ(1u, come(inbox(alice()), 5, {77, 4})) << "the parent counts before what is not known";
  EXPECT_EQ(0u, come(inbox(bob()), 3, {2})) << "another account's mail is another's";
}

TEST_P(Facts, CopiesStayInTheirThread) {
  await(store().create_mailbox(alice(), "Archive", SpecialUse::none));
  const MailboxId archive = mailbox(alice(), "Archive");
  come(inbox(alice()), 2, {1});
  come(inbox(alice()), 3, {2});
  await(store().copy(inbox(alice()), UidSet(2, 2), archive));
  await(store().move(inbox(alice()), UidSet(2, 2), archive));
  EXPECT_EQ(1u, thread(archive, 1));
  EXPECT_EQ(1u, thread(archive, 2));
}

TEST_P(Facts, ThreadsAreRememberedInBoundedSpace) {
  constexpr std::uint64_t kSlots = 65'536;
  come(inbox(alice()), 2, {1});
  come(inbox(alice()), 2 + kSlots, {9});
  EXPECT_EQ(1, ask("SELECT count(*) FROM thread"));
  EXPECT_EQ(0u, come(inbox(alice()), 3, {2})) << "forgotten";
  EXPECT_EQ(9u, come(inbox(alice()), 4, {2 + kSlots}));
}

TEST_P(Facts, DeliveriesAndSettledMessagesAreThreadedToo) {
  for (const std::uint64_t id : {2u, 3u}) {
    Spool spool(store());
    await(spool.append("reply"));
    MessageFacts facts;
    facts.message_id = id;
    facts.references = {id - 1};
    ASSERT_EQ(Delivered::Outcome::yes,
              await(store().deliver(std::vector{alice(), bob()}, spool, facts, kNever)).outcome);
  }
  Spool spool(store());
  await(spool.append("reply"));
  await(store().settle(spool, MessageFacts()));
  std::vector<NewMessage> messages(1);
  messages[0].spool = &spool;
  messages[0].facts.references = {3};
  ASSERT_TRUE(await(store().append_all(inbox(bob()), std::move(messages))));
  EXPECT_EQ(1u, thread(inbox(alice()), 2));
  EXPECT_EQ(1u, thread(inbox(bob()), 2));
  EXPECT_EQ(1u, thread(inbox(bob()), 3));
}

}  // namespace
}  // namespace postroom::testing
