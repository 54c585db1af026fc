// The text index: what it says no to is not there, and what has gone leaves it.
#include "tests/contract/contract.h"
#include "tests/support/word_terms.h"

namespace postroom::testing {
namespace {

class TextIndex : public Contract {
 protected:
  void SetUp() override {
    options.terms = &words;
    options.index_after = std::chrono::seconds(0);
    Contract::SetUp();
    box = inbox(alice());
  }

  UidSet asked(MailboxId mailbox, const TermQuery& query) {
    return await(store().candidates(mailbox, UidSet(1, 2000), query));
  }
  std::vector<Uid> found(MailboxId mailbox, const std::string& word) {
    return uids_of(asked(mailbox, WordTerms::all({word})));
  }
  std::vector<Uid> found(const std::string& word) { return found(box, word); }
  std::int64_t entries() { return ask("SELECT entries FROM text_index_state"); }
  std::int64_t with_word(const std::string& word) {
    return ask("SELECT count(*) FROM text_index WHERE text_index MATCH '" + word + "'");
  }
  void until_indexed(std::int64_t count) {
    eventually([&] { return entries() == count; });
  }
  void reopen_with(const TermExtractor* terms) {
    options.terms = terms;
    reopen();
  }

  const WordTerms words;
  MailboxId box{};
};
POSTROOM_CONTRACT(TextIndex);

using Uids = std::vector<Uid>;

TEST_P(TextIndex, RulesOutWhatDoesNotHaveTheTerms) {
  for (const char* text : {"apple pear", "pear", "apple plum", "plum"}) append(box, text);
  until_indexed(4);
  EXPECT_EQ(found("apple"), (Uids{1, 3}));
  EXPECT_EQ(found("nothing"), Uids());
  EXPECT_EQ(uids_of(asked(box, WordTerms::all({"apple", "plum"}))), Uids{3});
  EXPECT_EQ(uids_of(asked(box, TermQuery())), uids_of(UidSet(1, 2000))) << "anything";

  TermQuery either;
  either.kind = TermQuery::Kind::any_of;
  either.parts = {WordTerms::all({"plum"}), WordTerms::all({"apple", "pear"})};
  EXPECT_EQ(uids_of(asked(box, either)), (Uids{1, 3, 4}));
  TermQuery both;
  both.kind = TermQuery::Kind::all_of;
  both.parts = {either, WordTerms::all({"apple"})};
  EXPECT_EQ(uids_of(asked(box, both)), (Uids{1, 3}));
  EXPECT_EQ(await(store().candidates(box, UidSet(2, 3), WordTerms::all({"apple"}))), UidSet(3, 3));
}

TEST_P(TextIndex, MessagesItDoesNotKnowMayBeFound) {
  append(box, "apple");
  until_indexed(1);
  options.index_after = std::chrono::hours(1);
  reopen();
  append(box, "pear");
  append(box, "plum");
  EXPECT_EQ(found("apple"), (Uids{1, 2, 3}));
  EXPECT_EQ(found("pear"), (Uids{2, 3}));
}

TEST_P(TextIndex, MessagesUnfitForItMayBeFound) {
  for (const char* text : {"apple", "unfit", "pear"}) append(box, text);
  until_indexed(2);
  EXPECT_EQ(found("pear"), (Uids{2, 3}));
  await(store().expunge(box, UidSet(2, 2), false));
  eventually([&] { return ask("SELECT count(*) FROM unindexed") == 0; });
  EXPECT_EQ(2, ask("SELECT count(*) FROM content"));
}

TEST_P(TextIndex, AContentIsIndexedOnceForAllMailboxes) {
  deliver({alice(), bob()}, "shared");
  append(box, "other");
  await(store().copy(box, UidSet(1, 2), mailbox(alice(), "Archive")));
  until_indexed(2);
  EXPECT_EQ(found("shared"), Uids{1});
  EXPECT_EQ(found(inbox(bob()), "shared"), Uids{1});
  EXPECT_EQ(found(mailbox(alice(), "Archive"), "other"), Uids{2});
  EXPECT_EQ(1, with_word("shared"));
}

// It would be made and deleted for nothing.
TEST_P(TextIndex, WhatIsOnlyQueuedIsNotIndexed) {
  const auto send = [&](const std::string& message, Delivery delivery) {
    Spool spool(store());
    await(spool.append(message));
    delivery.outgoing.emplace_back().recipients.emplace_back("carol@one.example");
    await(store().deliver(std::move(delivery), spool, MessageFacts(), kNever));
  };
  send("away", Delivery());
  Delivery both;
  both.accounts = {alice()};
  send("both", both);
  append(box, "later");
  until_indexed(2);
  EXPECT_EQ(0, with_word("away"));
  EXPECT_EQ(1, with_word("both"));
  EXPECT_EQ(found("later"), Uids{2});
  EXPECT_EQ(3, ask("SELECT upto FROM text_index_state"));
}

// A mailbox whose messages come in another order than their contents.
TEST_P(TextIndex, OldContentsAreFoundInNewMailboxes) {
  for (int i = 1; i <= 9; ++i) append(box, "word" + std::to_string(i));
  const MailboxId archive = mailbox(alice(), "Archive");
  for (const Uid uid : {9u, 7u, 5u, 3u, 1u}) await(store().move(box, UidSet(uid, uid), archive));
  until_indexed(9);
  for (Uid uid = 1; uid <= 5; ++uid)
    EXPECT_EQ(found(archive, "word" + std::to_string(11 - 2 * uid)), Uids{uid});
  EXPECT_EQ(found("word3"), Uids());
  EXPECT_EQ(found("word4"), Uids{4});
}

TEST_P(TextIndex, WhatIsExpungedLeavesIt) {
  for (int i = 0; i < 20; ++i) append(box, "common number" + std::to_string(i));
  until_indexed(20);
  await(store().copy(box, UidSet(1, 1), mailbox(alice(), "Archive")));
  await(store().expunge(box, UidSet(1, 19), false));
  until_indexed(2);
  eventually([&] { return ask("SELECT count(*) FROM content") == 2; });
  EXPECT_EQ(2, with_word("common"));
  EXPECT_EQ(0, with_word("number5"));
  EXPECT_EQ(found(mailbox(alice(), "Archive"), "number0"), Uids{1});
  EXPECT_EQ(0, ask("SELECT count(*) FROM unindexed") + ask("SELECT count(*) FROM unindexing"));
  EXPECT_EQ(0, ask("SELECT dead FROM text_index_state"));
}

TEST_P(TextIndex, LargeMessagesComeInWhileOthersAreIndexed) {
  Spool spool(store());
  await(spool.append("large " + std::string(Spool::kHeld, 'x')));
  ASSERT_TRUE(spool.staged());
  append(box, "small");
  until_indexed(1);
  await(spool.append("end"));
  EXPECT_TRUE(await(store().append(box, spool, MessageFacts(), Flags(), WallTime{})));
  until_indexed(2);
  EXPECT_EQ(found("large"), Uids{2});
  EXPECT_EQ(found("small"), Uids{1});
}

TEST_P(TextIndex, AnotherVersionBeginsAnew) {
  for (const char* text : {"apple", "unfit", "pear"}) append(box, text);
  until_indexed(2);
  const WordTerms other("other");
  options.index_after = std::chrono::hours(1);
  reopen_with(&other);
  EXPECT_EQ(found("apple"), uids_of(UidSet(1, 2000))) << "of what another version said nothing is believed";
  options.index_after = std::chrono::seconds(0);
  reopen_with(&other);
  eventually([&] { return ask("SELECT entries FROM text_index_state WHERE version = 'other'") == 2; });
  EXPECT_EQ(found("apple"), (Uids{1, 2}));
  EXPECT_EQ(1, with_word("apple"));
  reopen_with(&words);
}

// A store without an extractor keeps no index; what it removes leaves dead entries, which are not kept
// forever.
TEST_P(TextIndex, DeadEntriesAreCleared) {
  constexpr int kMany = 1010;
  std::vector<NewMessage> messages(kMany);
  std::vector<std::unique_ptr<Spool>> spools;
  for (NewMessage& message : messages) {
    spools.push_back(std::make_unique<Spool>(store()));
    await(spools.back()->append("apple"));
    message.spool = spools.back().get();
  }
  await(store().append_all(box, std::move(messages)));
  spools.clear();  // before their store
  append(box, "apple");
  until_indexed(kMany + 1);
  reopen_with(nullptr);
  await(store().expunge(box, UidSet(1, kMany), false));
  eventually([&] { return ask("SELECT count(*) FROM content") == 1; });
  EXPECT_EQ(kMany, ask("SELECT dead FROM text_index_state"));
  reopen_with(&words);
  eventually([&] { return ask("SELECT dead FROM text_index_state") == 0 && entries() == 1; });
  EXPECT_EQ(1, with_word("apple"));
  EXPECT_EQ(found("apple"), Uids{kMany + 1});
}

// Each transaction makes a level of its own; without merging a search would look into each.
TEST_P(TextIndex, IsMerged) {
  for (int i = 0; i < 300; ++i) append(box, "common number" + std::to_string(i));
  until_indexed(300);
  eventually([&] { return ask("SELECT count(DISTINCT segid) FROM text_index_idx") < 20; });
  EXPECT_EQ(found("number77"), Uids{78});
}

}  // namespace
}  // namespace postroom::testing
