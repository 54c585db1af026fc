// Mailboxes, subscriptions and keywords.
#include <random>

#include "tests/contract/contract.h"

namespace postroom::testing {
namespace {

class Mailboxes : public Contract {
 protected:
  Created create(const std::string& name, SpecialUse use = SpecialUse::none) {
    return await(store().create_mailbox(alice(), name, use));
  }
  Deleted remove(const std::string& name) { return await(store().delete_mailbox(alice(), name)); }
  Renamed rename(const std::string& from, const std::string& to) {
    return await(store().rename_mailbox(alice(), from, to));
  }
  std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const MailboxInfo& info : await(store().mailboxes(alice()))) all.push_back(info.name);
    return all;
  }
  bool has(const std::string& name) { return await(store().status(alice(), name)).has_value(); }
};
POSTROOM_CONTRACT(Mailboxes);

TEST_P(Mailboxes, ANewUserHas) {
  EXPECT_EQ((std::vector<std::string>{"Archive", "Drafts", "INBOX", "Junk", "Sent", "Trash"}), names());
  EXPECT_EQ(names(), await(store().subscriptions(alice())));
  for (const MailboxInfo& info : await(store().mailboxes(alice())))
    if (info.name == "Junk") {
      EXPECT_EQ(SpecialUse::junk, info.special_use);
    }
  EXPECT_TRUE(await(store().mailboxes(AccountId{999})).empty());
}

TEST_P(Mailboxes, AreCreatedWithTheirParents) {
  EXPECT_EQ(Created::yes, create("a/b/c"));
  EXPECT_EQ(Created::exists, create("a/b"));
  EXPECT_EQ(Created::yes, create("a/b/d"));
  EXPECT_EQ(Created::exists, create("a/b/c"));
  EXPECT_TRUE(has("a"));
  EXPECT_FALSE(has("A"));
}

TEST_P(Mailboxes, NamedInboxAreOneInAnyCase) {
  EXPECT_EQ(Created::exists, create("inbox"));
  EXPECT_EQ(Created::yes, create("Inbox/x"));
  EXPECT_TRUE(has("INBOX/x"));
  EXPECT_TRUE(has("inBOX/x"));
  EXPECT_EQ(Created::yes, create("Inboxes"));
  EXPECT_TRUE(has("Inboxes"));
}

TEST_P(Mailboxes, OfBadNamesAreRefused) {
  for (const char* name : {"", "/", "a/", "/a", "a//b", "a\x01", "a\xff", "\x7f"})
    EXPECT_EQ(Created::invalid, create(name)) << name;
  EXPECT_EQ(Created::invalid, create(std::string(1001, 'a')));
  EXPECT_EQ(Created::yes, create(std::string(1000, 'a')));
  EXPECT_EQ(Created::yes, create("%_'\\*?;--"));
  EXPECT_EQ(Created::yes, create("\xc3\xa4/\xe6\xbc\xa2"));
  EXPECT_EQ(Created::invalid, await(store().create_mailbox(AccountId{999}, "a", SpecialUse::none)));
}

TEST_P(Mailboxes, KeepTheirSpecialUse) {
  create("All", SpecialUse::all);
  for (const MailboxInfo& info : await(store().mailboxes(alice())))
    if (info.name == "All") {
      EXPECT_EQ(SpecialUse::all, info.special_use);
    }
}

TEST_P(Mailboxes, AreDeletedWithTheirMessages) {
  create("a");
  const MailboxId id = mailbox(alice(), "a");
  fill(id, 30);
  const MessageRow row = rows(id)[0];
  EXPECT_EQ(Deleted::yes, remove("a"));
  EXPECT_EQ(Deleted::missing, remove("a"));
  EXPECT_FALSE(has("a"));
  EXPECT_TRUE(rows(id).empty());
  EXPECT_TRUE(await(store().changes_since(id, 0)).added.empty());
  EXPECT_TRUE(flag(id, UidSet(1, 30), FlagChange::How::add, Flags::seen).now.empty());
  EXPECT_TRUE(await(store().expunge(id, UidSet(1, 30), false)).uids.empty());
  EXPECT_FALSE(await(store().copy(inbox(alice()), UidSet(1, 1), id)));
  EXPECT_TRUE(await(store().copy(id, UidSet(1, 30), inbox(alice())))->to.empty());
  EXPECT_TRUE(await(store().move(id, UidSet(1, 30), inbox(alice())))->to.empty());
  eventually([&] { return content(row).empty(); });
  eventually([&] { return ask("SELECT count(*) FROM message") + ask("SELECT count(*) FROM doomed") == 0; });
}

TEST_P(Mailboxes, AreNotDeletedWithChildren) {
  create("a/b");
  EXPECT_EQ(Deleted::has_children, remove("a"));
  create("a0");
  EXPECT_EQ(Deleted::yes, remove("a/b"));
  EXPECT_EQ(Deleted::yes, remove("a"));
  EXPECT_TRUE(has("a0"));
}

TEST_P(Mailboxes, CalledInboxAreNotDeleted) {
  EXPECT_EQ(Deleted::missing, remove("INBOX"));
  EXPECT_TRUE(has("INBOX"));
}

TEST_P(Mailboxes, MadeAnewHaveAnotherUidValidity) {
  create("a");
  const auto first = status(alice(), "a");
  remove("a");
  create("a");
  const auto second = status(alice(), "a");
  EXPECT_NE(first.uid_validity, second.uid_validity);
  EXPECT_NE(first.id, second.id);
}

TEST_P(Mailboxes, AreRenamedWithTheirChildren) {
  create("a/b/c");
  create("ab");
  fill(mailbox(alice(), "a/b"), 3);
  const auto before = status(alice(), "a/b");
  EXPECT_EQ(Renamed::yes, rename("a", "x/y"));
  EXPECT_FALSE(has("a"));
  EXPECT_FALSE(has("a/b/c"));
  EXPECT_TRUE(has("ab"));
  EXPECT_TRUE(has("x"));
  EXPECT_TRUE(has("x/y/b/c"));
  const auto after = status(alice(), "x/y/b");
  EXPECT_EQ(before.id, after.id);
  EXPECT_EQ(before.uid_validity, after.uid_validity);
  EXPECT_EQ(3u, after.messages);
}

TEST_P(Mailboxes, AreNotRenamedWrongly) {
  create("a");
  create("b");
  EXPECT_EQ(Renamed::missing, rename("nowhere", "c"));
  EXPECT_EQ(Renamed::exists, rename("a", "b"));
  EXPECT_EQ(Renamed::exists, rename("a", "a"));
  EXPECT_EQ(Renamed::exists, rename("a", "inbox"));
  EXPECT_EQ(Renamed::invalid, rename("a", "c//d"));
  create("a/" + std::string(900, 'x'));
  EXPECT_EQ(Renamed::invalid, rename("a", std::string(200, 'y'))) << "a child's name would be too long";
  EXPECT_TRUE(has("a"));
}

TEST_P(Mailboxes, MayBeRenamedBelowThemselves) {
  create("a/x");
  const auto before = status(alice(), "a");
  EXPECT_EQ(Renamed::yes, rename("a", "a/b"));
  EXPECT_EQ(before.id, status(alice(), "a/b").id);
  EXPECT_TRUE(has("a/b/x"));
  EXPECT_FALSE(has("a/x"));
  EXPECT_TRUE(has("a")) << "made as the parent";
  EXPECT_NE(before.uid_validity, status(alice(), "a").uid_validity);
}

TEST_P(Mailboxes, RenamingInboxMovesItsMessages) {
  create("INBOX/child");
  fill(inbox(alice()), 20);
  const auto before = status(alice());
  EXPECT_EQ(Renamed::exists, rename("INBOX", "Sent"));
  EXPECT_EQ(Renamed::yes, rename("inbox", "old/mail"));
  EXPECT_EQ(20u, status(alice(), "old/mail").messages);
  const auto after = status(alice());
  EXPECT_EQ(before.id, after.id);
  EXPECT_EQ(before.uid_validity, after.uid_validity);
  EXPECT_EQ(0u, after.messages);
  EXPECT_EQ(before.uid_next, after.uid_next);
  EXPECT_TRUE(has("INBOX/child"));
}

TEST_P(Mailboxes, AreSubscribedByName) {
  await(store().set_subscribed(alice(), "gone", true));
  await(store().set_subscribed(alice(), "gone", true));
  await(store().set_subscribed(alice(), "inbox", false));
  EXPECT_EQ((std::vector<std::string>{"Archive", "Drafts", "Junk", "Sent", "Trash", "gone"}),
            await(store().subscriptions(alice())));
  await(store().set_subscribed(alice(), "gone", false));
  await(store().set_subscribed(alice(), "never", false));
  EXPECT_EQ(5u, await(store().subscriptions(alice())).size());
  EXPECT_EQ(6u, await(store().subscriptions(bob())).size());
}

TEST_P(Mailboxes, SubscriptionsAreLimited) {
  EXPECT_EQ(Subscribed::yes, await(store().set_subscribed(alice(), "mine", true)));
  ask("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)"
      " INSERT INTO subscription(account, name) SELECT account, 'n' || i FROM n, subscription"
      " WHERE name = 'mine' RETURNING 1");
  EXPECT_EQ(Subscribed::too_many, await(store().set_subscribed(alice(), "one more", true)));
  EXPECT_EQ(Subscribed::yes, await(store().set_subscribed(alice(), "mine", true))) << "it is there";
  EXPECT_EQ(Subscribed::yes, await(store().set_subscribed(alice(), "mine", false)));
  EXPECT_EQ(Subscribed::yes, await(store().set_subscribed(bob(), "one more", true)));
}

TEST_P(Mailboxes, AreLimited) {
  EXPECT_EQ(Created::yes, create("a"));
  ask("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)"
      " INSERT INTO mailbox(account, name, uid_validity) SELECT account, 'n' || i, 1 FROM n, mailbox"
      " WHERE name = 'a' LIMIT (SELECT 9999 - count(*) FROM mailbox m, mailbox a"
      " WHERE a.name = 'a' AND m.account = a.account) RETURNING 1");
  EXPECT_EQ(Created::too_many, create("b/c"));
  EXPECT_EQ(Created::yes, create("b"));
  EXPECT_EQ(Created::too_many, create("c"));
  EXPECT_EQ(Created::exists, create("a")) << "it is there";
  EXPECT_EQ(Renamed::too_many, rename("a", "d/e"));
  EXPECT_EQ(Renamed::too_many, rename("INBOX", "f"));
}

TEST_P(Mailboxes, OpenWithWhatListTellsOfThem) {
  const auto plain = await(store().open(alice(), "INBOX", false));
  EXPECT_EQ(SpecialUse::none, plain->special_use);
  EXPECT_FALSE(plain->has_children);
  EXPECT_TRUE(plain->subscribed);
  create("Sent/2025");
  await(store().set_subscribed(alice(), "Sent", false));
  const auto sent = await(store().open(alice(), "Sent", false));
  EXPECT_EQ(SpecialUse::sent, sent->special_use);
  EXPECT_TRUE(sent->has_children);
  EXPECT_FALSE(sent->subscribed);
}

TEST_P(Mailboxes, OpenAsASnapshot) {
  fill(inbox(alice()), 20);
  flag(inbox(alice()), UidSet(1, 4), FlagChange::How::add, Flags::seen);
  auto snapshot = await(store().open(alice(), "inbox", false));
  EXPECT_EQ(UidSet(1, 20), snapshot->uids);
  EXPECT_EQ(5u, snapshot->first_unseen);
  await(store().expunge(inbox(alice()), set_of({1, 5, 20}), false));
  snapshot = await(store().open(alice(), "INBOX", false));
  EXPECT_EQ(17u, snapshot->uids.size());
  EXPECT_EQ(6u, snapshot->first_unseen);
  EXPECT_EQ(21u, snapshot->status.uid_next);
  EXPECT_EQ(status(alice()).highest_modseq, snapshot->status.highest_modseq);
  flag(inbox(alice()), UidSet(1, 20), FlagChange::How::add, Flags::seen);
  EXPECT_FALSE(await(store().open(alice(), "INBOX", false))->first_unseen);
  EXPECT_FALSE(await(store().open(alice(), "nowhere", true)));
  EXPECT_TRUE(await(store().open(alice(), "Sent", true))->uids.empty());
}

// What the store remembers of a mailbox from one SELECT to the next is what reading it whole would find.
TEST_P(Mailboxes, OpenAsTheyAreHoweverTheyChanged) {
  std::mt19937 random(11);
  fill(inbox(alice()), 30);
  for (int round = 0; round < 150; ++round) {
    const Uid next = status(alice()).uid_next;
    for (auto changes = 1 + random() % 3; changes > 0; --changes) {
      const Uid at = 1 + static_cast<Uid>(random()) % next;
      const UidSet some(at, at + static_cast<Uid>(random() % 4));
      switch (random() % 5) {
        case 0: fill(inbox(alice()), static_cast<int>(1 + random() % 3)); break;
        case 1: await(store().expunge(inbox(alice()), some, false)); break;
        case 2: flag(inbox(alice()), UidSet(1, at), FlagChange::How::add, Flags::seen); break;
        case 3: flag(inbox(alice()), some, FlagChange::How::remove, Flags::seen); break;
        default: flag(inbox(alice()), some, FlagChange::How::replace, Flags::seen | Flags::flagged); break;
      }
    }
    if (round % 50 == 49) reopen();
    const auto there = rows(inbox(alice()));
    const auto unseen = std::ranges::find_if(
        there, [](const MessageRow& row) { return (row.flags.bits & Flags::seen) == 0; });
    const auto snapshot = await(store().open(alice(), "INBOX", false));
    ASSERT_EQ(uids_of(there), uids_of(snapshot->uids)) << "round " << round;
    ASSERT_EQ(unseen == there.end() ? std::nullopt : std::optional(unseen->uid), snapshot->first_unseen)
        << "round " << round;
    ASSERT_EQ(there.size(), snapshot->status.messages);
  }
}

TEST_P(Mailboxes, GiveTheirRecentMessagesToOneSession) {
  fill(inbox(alice()), 3);
  EXPECT_EQ(1u, await(store().open(alice(), "INBOX", false))->status.first_recent);
  EXPECT_EQ(1u, await(store().open(alice(), "INBOX", true))->status.first_recent);
  EXPECT_EQ(4u, await(store().open(alice(), "INBOX", true))->status.first_recent);
  fill(inbox(alice()), 2);
  EXPECT_EQ(4u, status(alice()).first_recent);
  EXPECT_EQ(4u, await(store().claim_recent(inbox(alice()), 4)));
  EXPECT_EQ(5u, await(store().claim_recent(inbox(alice()), 5)));
  EXPECT_LT(5u, await(store().claim_recent(inbox(alice()), 5)));
  EXPECT_LT(5u, await(store().claim_recent(MailboxId{999}, 5)));
}

TEST_P(Mailboxes, CountWhatIsRecent) {
  create("a");
  const MailboxId a = mailbox(alice(), "a");
  fill(a, 2);
  fill(inbox(alice()), 5);
  await(store().claim_recent(inbox(alice()), 2));
  await(store().expunge(inbox(alice()), UidSet(4, 4), false));
  EXPECT_EQ((std::vector<std::uint64_t>{2, 2, 0, 2}),
            await(store().count_recent({a, inbox(alice()), MailboxId{999}, a})));
  EXPECT_TRUE(await(store().count_recent({})).empty());
}

TEST_P(Mailboxes, AreListedWithTheirStatus) {
  create("a");
  fill(mailbox(alice(), "a"), 3);
  flag(mailbox(alice(), "a"), UidSet(2, 2), FlagChange::How::add, Flags::seen);
  for (const MailboxInfo& info : await(store().mailboxes(alice()))) {
    const MailboxStatus one = status(alice(), info.name);
    EXPECT_EQ(one.id, info.status.id);
    EXPECT_EQ(one.uid_validity, info.status.uid_validity);
    EXPECT_EQ(one.uid_next, info.status.uid_next);
    EXPECT_EQ(one.first_recent, info.status.first_recent);
    EXPECT_EQ(one.highest_modseq, info.status.highest_modseq);
    EXPECT_EQ(one.messages, info.status.messages);
    EXPECT_EQ(one.unseen, info.status.unseen);
    EXPECT_EQ(one.size, info.status.size);
    if (info.name == "a") {
      EXPECT_EQ(3u, info.status.messages);
    }
  }
}

TEST_P(Mailboxes, RecentMessagesAreClaimedOnceByManyAtATime) {
  fill(inbox(alice()), 3);
  std::optional<std::optional<MailboxSnapshot>> first, second;
  start(store().open(alice(), "INBOX", true), first);
  start(store().open(alice(), "INBOX", true), second);
  eventually([&] { return first && second; });
  const Uid low = std::min((**first).status.first_recent, (**second).status.first_recent);
  const Uid high = std::max((**first).status.first_recent, (**second).status.first_recent);
  EXPECT_EQ(1u, low);
  EXPECT_EQ(4u, high);
}

TEST_P(Mailboxes, KeywordsAreNumberedPerAccount) {
  EXPECT_TRUE(await(store().keywords(alice())).empty());
  EXPECT_EQ(Flags::keyword(0) | Flags::keyword(1),
            await(store().keyword_flags(alice(), {"$Junk", "work"}))->bits);
  EXPECT_EQ(Flags::keyword(2) | Flags::keyword(1),
            await(store().keyword_flags(alice(), {"NEW", "WORK", "new"}))->bits);
  EXPECT_EQ((std::vector<std::string>{"$Junk", "work", "NEW"}), await(store().keywords(alice())));
  EXPECT_EQ(Flags::keyword(0), await(store().keyword_flags(bob(), {"work"}))->bits);
  EXPECT_EQ(0u, await(store().keyword_flags(bob(), {}))->bits);
}

TEST_P(Mailboxes, KeywordsAreLimited) {
  std::vector<std::string> names;
  for (unsigned i = 0; i < Flags::max_keywords; ++i) names.push_back("k" + std::to_string(i));
  EXPECT_EQ(~Flags::system, await(store().keyword_flags(alice(), names))->bits | (std::uint64_t{1} << 63));
  EXPECT_FALSE(await(store().keyword_flags(alice(), {"k1", "one more"})));
  EXPECT_EQ(Flags::max_keywords, await(store().keywords(alice())).size());
  EXPECT_TRUE(await(store().keyword_flags(alice(), {"k1"})));
}

}  // namespace
}  // namespace postroom::testing
