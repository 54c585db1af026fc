// What an account may hold, and that it holds no more.
#include "tests/contract/contract.h"

namespace postroom::testing {
namespace {

class Quotas : public Contract {
 protected:
  void limit(const std::string& address, std::optional<std::uint64_t> storage,
             std::optional<std::uint64_t> messages = std::nullopt) {
    sqlite::Connection db = sqlite::open_database(file());
    sqlite::OwnLimits limits;
    limits.storage = storage;
    limits.messages = messages;
    EXPECT_TRUE(sqlite::set_limits(db, address, limits));
  }
  void limit_alice(std::uint64_t storage, std::uint64_t messages = 0) {
    limit("alice@example.org", storage, messages);
  }
  Quota quota(AccountId account) { return await(store().quota(account)); }

  Delivered::Outcome outcome(const std::vector<AccountId>& accounts, std::size_t size) {
    Spool spool(store());
    await(spool.append(std::string(size, 'x')));
    return await(store().deliver(accounts, spool, MessageFacts(), kNever)).outcome;
  }
  /// False: it was over quota.
  bool append(MailboxId to, std::initializer_list<std::size_t> sizes) {
    std::vector<std::unique_ptr<Spool>> spools;
    std::vector<NewMessage> messages;
    for (const std::size_t size : sizes) {
      spools.push_back(std::make_unique<Spool>(store()));
      await(spools.back()->append(std::string(size, 'x')));
      messages.emplace_back().spool = spools.back().get();
    }
    const auto appended = await(store().append_all(to, std::move(messages)));
    EXPECT_TRUE(appended);
    return !appended->over_quota;
  }

  Task<> deliver_many(AccountId to, int count, std::size_t size, int& taken, int& refused) {
    for (int i = 0; i < count; ++i) {
      Spool spool(store());
      const std::string body(size, 'x');
      co_await spool.append(body);
      const std::vector<AccountId> accounts(1, to);
      const Delivered delivered = co_await store().deliver(accounts, spool, MessageFacts(), kNever);
      ++(delivered.outcome == Delivered::Outcome::yes ? taken : refused);
    }
  }
  Task<> append_many(MailboxId to, int count, std::size_t size, int& taken, int& refused) {
    for (int i = 0; i < count; ++i) {
      Spool spool(store());
      const std::string body(size, 'x');
      co_await spool.append(body);
      const auto appended = co_await store().append(to, spool, MessageFacts(), Flags(), WallTime());
      ++(appended->over_quota ? refused : taken);
    }
  }
};
POSTROOM_CONTRACT(Quotas);

TEST_P(Quotas, NothingIsLimitedUnlessSaid) {
  deliver({alice()}, "hello");
  const Quota of_alice = quota(alice());
  EXPECT_EQ(5u, of_alice.storage);
  EXPECT_EQ(1u, of_alice.messages);
  EXPECT_EQ(0u, of_alice.limits.storage);
  EXPECT_EQ(0u, of_alice.limits.messages);
  EXPECT_EQ(Quota::kRoomForAll, of_alice.room());
  EXPECT_EQ(0u, quota(AccountId{999}).messages);
}

TEST_P(Quotas, AllMailboxesCount) {
  limit_alice(1000, 10);
  deliver({alice()}, "hello");
  Contract::append(mailbox(alice(), "Archive"), "hello again");
  const Quota of_alice = quota(alice());
  EXPECT_EQ(16u, of_alice.storage);
  EXPECT_EQ(2u, of_alice.messages);
  EXPECT_EQ(1000u, of_alice.limits.storage);
  EXPECT_EQ(10u, of_alice.limits.messages);
  EXPECT_EQ(984u, of_alice.room());
}

TEST_P(Quotas, ADeliveryFitsToTheByte) {
  limit_alice(100);
  EXPECT_EQ(Delivered::Outcome::over_quota, outcome({alice()}, 101));
  EXPECT_EQ(Delivered::Outcome::yes, outcome({alice()}, 60));
  EXPECT_EQ(Delivered::Outcome::over_quota, outcome({alice()}, 41));
  EXPECT_EQ(Delivered::Outcome::yes, outcome({alice()}, 40));
  EXPECT_EQ(Delivered::Outcome::over_quota, outcome({alice()}, 1));
  EXPECT_EQ(0u, quota(alice()).room());
  const MailboxStatus inbox = status(alice());
  EXPECT_EQ(2u, inbox.messages);
  EXPECT_EQ(2u, inbox.unseen);
  EXPECT_EQ(100u, inbox.size);
  EXPECT_EQ(3u, inbox.uid_next) << "what was refused had no UID";
  EXPECT_EQ(3u, inbox.highest_modseq) << "and nobody is told of it";
}

TEST_P(Quotas, ADeliveryIsOneMessage) {
  limit_alice(0, 2);
  EXPECT_EQ(Delivered::Outcome::yes, outcome({alice()}, 60));
  EXPECT_EQ(Delivered::Outcome::yes, outcome({alice()}, 60));
  EXPECT_EQ(Delivered::Outcome::over_quota, outcome({alice()}, 60));
  EXPECT_EQ(0u, quota(alice()).room());
}

// Its sender was told that both get it.
TEST_P(Quotas, WhoIsFullGetsWhatAnotherHasRoomFor) {
  limit_alice(100);
  limit("bob@example.org", 1000);
  EXPECT_EQ(2u, deliver({alice(), bob()}, std::string(200, 'x')));
  EXPECT_EQ(200u, quota(alice()).storage);
  EXPECT_EQ(0u, quota(alice()).room());
  EXPECT_EQ(Delivered::Outcome::over_quota, outcome({alice()}, 1));
  EXPECT_EQ(Delivered::Outcome::over_quota, outcome({alice(), bob(), AccountId{999}}, 801));
  EXPECT_EQ(200u, quota(bob()).storage);
  EXPECT_EQ(Delivered::Outcome::gone, outcome({AccountId{999}}, 801));
}

// RFC 2033 4.2: each recipient has an answer of its own, and of its accounts one with room is enough.
TEST_P(Quotas, RecipientsApartFitOrNotByThemselves) {
  using Outcome = Delivered::Outcome;
  limit_alice(100);
  limit("bob@example.org", 1000);
  const AccountId nobody{999};
  const auto answers = [&](std::vector<Delivery::Recipient> recipients) {
    Delivery delivery;
    for (const Delivery::Recipient& recipient : recipients)
      delivery.accounts.insert(delivery.accounts.end(), recipient.accounts.begin(), recipient.accounts.end());
    delivery.recipients = std::move(recipients);
    Spool spool(store());
    await(spool.append(std::string(200, 'x')));
    return await(store().deliver(delivery, spool, MessageFacts(), kNever));
  };
  Delivered delivered = answers({{{alice()}}, {{bob()}}, {{nobody}}, {{alice(), nobody}}});
  EXPECT_EQ(Outcome::yes, delivered.outcome);
  EXPECT_EQ((std::vector{Outcome::over_quota, Outcome::yes, Outcome::gone, Outcome::over_quota}),
            delivered.recipients);
  EXPECT_EQ(1u, delivered.accounts);
  EXPECT_EQ(0u, quota(alice()).storage);
  EXPECT_EQ(1u, status(alice()).uid_next) << "what was refused had no UID";
  EXPECT_EQ(200u, quota(bob()).storage);

  delivered = answers({{{alice()}}, {{nobody}}});
  EXPECT_EQ(Outcome::over_quota, delivered.outcome);
  EXPECT_EQ((std::vector{Outcome::over_quota, Outcome::gone}), delivered.recipients);
  EXPECT_EQ(Outcome::gone, answers({{{nobody}}}).outcome);

  delivered = answers({{{alice(), bob()}}, {{alice()}}});
  EXPECT_EQ((std::vector{Outcome::yes, Outcome::over_quota}), delivered.recipients);
  EXPECT_EQ(200u, quota(alice()).storage) << "by way of the first";
  EXPECT_EQ(400u, quota(bob()).storage);
}

TEST_P(Quotas, WhatGoesFurtherIsTakenForAllOfARecipientsAccounts) {
  limit_alice(100);
  Delivery delivery(std::vector<AccountId>{alice()});
  delivery.recipients = {{{alice()}, true}, {{AccountId{999}}, false}};
  delivery.outgoing.emplace_back().recipients.emplace_back("carol@example.net");
  Spool spool(store());
  await(spool.append(std::string(200, 'x')));
  const Delivered delivered = await(store().deliver(delivery, spool, MessageFacts(), kNever));
  EXPECT_EQ((std::vector{Delivered::Outcome::yes, Delivered::Outcome::gone}), delivered.recipients);
  EXPECT_EQ(200u, quota(alice()).storage);
}

TEST_P(Quotas, ManyAtATimeFitToTheByte) {
  limit_alice(100 * 57, 0);
  limit("bob@example.org", std::nullopt, 23);
  const MailboxId archive = mailbox(alice(), "Archive");
  int alices = 0, bobs = 0, refused = 0;
  for (int i = 0; i < 10; ++i) {
    runtime().spawn(deliver_many(alice(), 5, 100, alices, refused));
    runtime().spawn(append_many(archive, 5, 100, alices, refused));
    runtime().spawn(deliver_many(bob(), 5, 100, bobs, refused));
  }
  eventually([&] { return alices + bobs + refused == 150; });
  EXPECT_EQ(57, alices);
  EXPECT_EQ(23, bobs);
  EXPECT_EQ(5700u, quota(alice()).storage);
  EXPECT_EQ(23u, quota(bob()).messages);
  EXPECT_EQ(57, ask("SELECT count(*) FROM message m JOIN mailbox b ON b.id = m.mailbox WHERE b.account = " +
                    std::to_string(static_cast<std::int64_t>(alice()))));
}

TEST_P(Quotas, AnAppendIsAllOrNothing) {
  const MailboxId archive = mailbox(alice(), "Archive");
  limit_alice(100, 3);
  EXPECT_FALSE(append(archive, {50, 51}));
  EXPECT_EQ(0u, status(alice(), "Archive").messages);
  EXPECT_TRUE(append(archive, {50, 49}));
  EXPECT_FALSE(append(archive, {2}));
  EXPECT_FALSE(append(archive, {1, 0}));
  EXPECT_TRUE(append(archive, {1}));
  EXPECT_EQ(100u, quota(alice()).storage);
  EXPECT_EQ(4u, status(alice(), "Archive").uid_next);
}

TEST_P(Quotas, WhatIsRemovedMakesRoom) {
  const MailboxId archive = mailbox(alice(), "Archive");
  limit_alice(100);
  EXPECT_TRUE(append(archive, {40, 60}));
  await(store().expunge(archive, UidSet(1, 1), false));
  EXPECT_EQ(40u, quota(alice()).room());
  EXPECT_TRUE(append(archive, {40}));
  EXPECT_EQ(Deleted::yes, await(store().delete_mailbox(alice(), "Archive")));
  EXPECT_EQ(100u, quota(alice()).room());
  EXPECT_TRUE(append(inbox(alice()), {100}));
}

// In slices; when it does not fit nothing stays.
TEST_P(Quotas, ACopyCountsWhole) {
  fill(inbox(alice()), 30);
  const MailboxId archive = mailbox(alice(), "Archive");
  const std::uint64_t size = status(alice()).size;
  limit_alice(2 * size - 1);
  const auto refused = await(store().copy(inbox(alice()), UidSet(1, 30), archive));
  ASSERT_TRUE(refused);
  EXPECT_TRUE(refused->over_quota);
  EXPECT_EQ(0u, status(alice(), "Archive").messages);
  EXPECT_EQ(size, quota(alice()).storage);
  limit_alice(2 * size, 60);
  const auto copied = await(store().copy(inbox(alice()), UidSet(1, 30), archive));
  ASSERT_TRUE(copied);
  EXPECT_FALSE(copied->over_quota);
  EXPECT_EQ(30u, copied->to.size());
  EXPECT_EQ(0u, quota(alice()).room());
}

TEST_P(Quotas, AReplacementCountsWithoutWhatItReplaces) {
  limit_alice(100, 2);
  EXPECT_TRUE(append(inbox(alice()), {60, 40}));
  const auto replace = [&](std::size_t size) {
    Spool spool(store());
    await(spool.append(std::string(size, 'x')));
    NewMessage message;
    message.spool = &spool;
    return await(store().replace(inbox(alice()), 1, inbox(alice()), std::move(message))).outcome;
  };
  EXPECT_EQ(Replaced::Outcome::over_quota, replace(61));
  EXPECT_EQ(2u, status(alice()).messages);
  EXPECT_EQ(Replaced::Outcome::yes, replace(60));
  EXPECT_EQ(100u, quota(alice()).storage);
}

TEST_P(Quotas, AnAccountThatIsFullAndMoreMayStillBecomeSmaller) {
  EXPECT_TRUE(append(inbox(alice()), {60, 40}));
  limit_alice(50, 1);
  const auto replace = [&](Uid uid, std::size_t size) {
    Spool spool(store());
    await(spool.append(std::string(size, 'x')));
    NewMessage message;
    message.spool = &spool;
    return await(store().replace(inbox(alice()), uid, inbox(alice()), std::move(message))).outcome;
  };
  EXPECT_EQ(Replaced::Outcome::over_quota, replace(1, 61));
  EXPECT_EQ(Replaced::Outcome::yes, replace(1, 30));
  EXPECT_EQ(70u, quota(alice()).storage);
}

TEST_P(Quotas, MovingAndRenamingNeedNoRoom) {
  fill(inbox(alice()), 20);
  limit_alice(10, 1);
  const auto moved = await(store().move(inbox(alice()), UidSet(1, 10), mailbox(alice(), "Archive")));
  ASSERT_TRUE(moved);
  EXPECT_TRUE(moved->whole);
  EXPECT_FALSE(moved->over_quota);
  EXPECT_EQ(Renamed::yes, await(store().rename_mailbox(alice(), "INBOX", "Old")));
  EXPECT_EQ(Renamed::yes, await(store().rename_mailbox(alice(), "Archive", "Older")));
  EXPECT_EQ(10u, status(alice(), "Old").messages);
  EXPECT_EQ(10u, status(alice(), "Older").messages);
}

TEST_P(Quotas, WhoHasNoLimitsHasTheDefault) {
  limit("bob@example.org", 0, 5);
  EXPECT_TRUE(append(inbox(alice()), {100}));
  QuotaLimits defaults;
  defaults.storage = 50;
  defaults.messages = 3;
  static_cast<SqliteStore&>(store()).set_default_quota(defaults);
  EXPECT_EQ(50u, quota(alice()).limits.storage);
  EXPECT_EQ(3u, quota(alice()).limits.messages);
  EXPECT_EQ(0u, quota(bob()).limits.storage);
  EXPECT_EQ(5u, quota(bob()).limits.messages);
  EXPECT_FALSE(append(inbox(alice()), {1}));
  EXPECT_TRUE(append(inbox(bob()), {100}));
  static_cast<SqliteStore&>(store()).set_default_quota(QuotaLimits());
  EXPECT_TRUE(append(inbox(alice()), {1}));
}

TEST_P(Quotas, AnAddressHasTheRoomOfItsLargest) {
  EXPECT_EQ(Quota::kRoomForAll, await(store().resolve("alice@example.org")).room);
  {
    sqlite::Connection db = sqlite::open_database(file());
    sqlite::add_alias(db, "all@example.org", {"alice@example.org", "bob@example.org"});
  }
  limit_alice(100, 5);
  limit("bob@example.org", 50);
  EXPECT_TRUE(append(inbox(alice()), {90}));
  EXPECT_EQ(10u, await(store().resolve("alice@example.org")).room);
  EXPECT_EQ(50u, await(store().resolve("all@example.org")).room);
  EXPECT_TRUE(append(inbox(bob()), {50}));
  EXPECT_EQ(0u, await(store().resolve("bob@example.org")).room);
  EXPECT_EQ(10u, await(store().resolve("all@example.org")).room);
  limit("bob@example.org", 0);
  EXPECT_EQ(Quota::kRoomForAll, await(store().resolve("all@example.org")).room);
}

}  // namespace
}  // namespace postroom::testing
