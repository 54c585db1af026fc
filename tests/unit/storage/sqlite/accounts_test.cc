// Domains, users and aliases, as an administrator changes them.
#include "storage/sqlite/accounts.h"

#include <gtest/gtest.h>

#include "storage/sqlite/mailboxes.h"
#include "tests/support/temporary_folder.h"

namespace postroom::sqlite {
namespace {

using Outcome = AliasAdded::Outcome;

Connection::Settings quick() {
  Connection::Settings settings;
  settings.durable = false;
  return settings;
}

class Accounts : public ::testing::Test {
 protected:
  void SetUp() override {
    add_domain(db, "example.org");
    add(db, "alice@example.org");
    add(db, "bob@example.org");
  }
  static UserAdded add(Connection& to, std::string_view address) {
    Verifier verifier;
    verifier.salt = std::string("sa\0lt", 5);
    verifier.iterations = 4096;
    verifier.stored_key = "stored";
    verifier.server_key = "server";
    return add_user(to, address, verifier, {}, WallTime(std::chrono::seconds(1700000000)));
  }
  AliasAdded alias(std::string_view address, const std::vector<std::string>& targets) {
    return add_alias(db, address, targets);
  }
  std::vector<AccountId> reached(std::string_view address) { return resolve(db, address).accounts; }
  AccountId id(std::string_view address) { return find_user(db, address)->id; }

  postroom::testing::TemporaryFolder folder;
  Connection db = open_database(folder.path() / "mail.db", quick());
};

TEST_F(Accounts, DomainsAreAddedAndRemoved) {
  EXPECT_EQ(DomainAdded::yes, add_domain(db, "Example.NET"));
  EXPECT_EQ(DomainAdded::exists, add_domain(db, "example.net"));
  EXPECT_EQ((std::vector<std::string>{"example.net", "example.org"}), list_domains(db));
  EXPECT_EQ(DomainRemoved::yes, remove_domain(db, "EXAMPLE.net"));
  EXPECT_EQ(DomainRemoved::missing, remove_domain(db, "example.net"));
  EXPECT_EQ(DomainRemoved::has_users, remove_domain(db, "example.org"));
  remove_user(db, "alice@example.org");
  alias("office@example.org", {"bob@example.org"});
  EXPECT_EQ(DomainRemoved::has_users, remove_domain(db, "example.org"));
  add_domain(db, "example.com");
  alias("office@example.com", {"bob@example.org"});
  EXPECT_EQ(DomainRemoved::has_aliases, remove_domain(db, "example.com"));
}

TEST_F(Accounts, BadDomainsAreRefused) {
  const std::string long_label = std::string(64, 'a') + ".org";
  for (const char* bad :
       {"", ".", "a.", ".a", "a..b", "-a.org", "a-.org", "a b", "a@b", "a/b", "a_b", "\xff", "a\n"})
    EXPECT_EQ(DomainAdded::invalid, add_domain(db, bad)) << bad;
  EXPECT_EQ(DomainAdded::invalid, add_domain(db, long_label));
  EXPECT_EQ(DomainAdded::invalid, add_domain(db, std::string(254, 'a')));
  for (const char* good : {"localhost", "xn--bcher-kva.example",
                           "b\xc3\xbc"
                           "cher.example",
                           "1.2"})
    EXPECT_EQ(DomainAdded::yes, add_domain(db, good)) << good;
}

TEST_F(Accounts, UsersAreAdded) {
  EXPECT_EQ(UserAdded::yes, add(db, "Carol@Example.org"));
  EXPECT_EQ(UserAdded::exists, add(db, "carol@example.ORG"));
  EXPECT_EQ(UserAdded::no_such_domain, add(db, "carol@example.net"));
  alias("office@example.org", {"bob@example.org"});
  EXPECT_EQ(UserAdded::is_alias, add(db, "office@example.org"));
  const auto user = find_user(db, "CAROL@example.org");
  ASSERT_TRUE(user);
  EXPECT_EQ("carol@example.org", user->address);
  EXPECT_EQ(1700000000, user->created.time_since_epoch().count());
  EXPECT_EQ(6u, user->mailboxes);
  EXPECT_EQ(0u, user->messages);
  EXPECT_FALSE(user->apop);
}

TEST_F(Accounts, BadAddressesAreRefused) {
  for (const char* bad :
       {"", "@", "alice", "@example.org", "a@", "a+b@example.org", ".a@example.org", "a.@example.org",
        "a..b@example.org", "a b@example.org", "\"a\"@example.org", "a@b@example.org", "\xff@example.org"})
    EXPECT_EQ(UserAdded::invalid, add(db, bad)) << bad;
  EXPECT_EQ(UserAdded::invalid, add(db, std::string(65, 'a') + "@example.org"));
  EXPECT_EQ(UserAdded::yes, add(db, "o'neil.x_y-z@example.org"));
  EXPECT_EQ(UserAdded::yes, add(db, "j\xc3\xb6rg@example.org"));
}

TEST_F(Accounts, UsersAreListedByDomain) {
  add_domain(db, "a.org");
  add(db, "zoe@a.org");
  std::vector<std::string> addresses;
  for (const User& user : list_users(db)) addresses.push_back(user.address);
  EXPECT_EQ((std::vector<std::string>{"zoe@a.org", "alice@example.org", "bob@example.org"}), addresses);
}

TEST_F(Accounts, CredentialsAreThoseThatWereSet) {
  const auto found = credentials(db, "Alice@EXAMPLE.org");
  ASSERT_TRUE(found);
  EXPECT_EQ("alice@example.org", found->address);
  EXPECT_EQ(std::string("sa\0lt", 5), found->verifier.salt);
  EXPECT_EQ(4096u, found->verifier.iterations);
  EXPECT_EQ("stored", found->verifier.stored_key);
  EXPECT_EQ("server", found->verifier.server_key);
  EXPECT_EQ("", found->apop_sealed);
  EXPECT_FALSE(credentials(db, "alice+x@example.org"));
  alias("office@example.org", {"bob@example.org"});
  EXPECT_FALSE(credentials(db, "office@example.org"));

  Verifier other;
  other.salt = "pepper";
  EXPECT_TRUE(set_password(db, "ALICE@example.org", other));
  EXPECT_EQ("pepper", credentials(db, "alice@example.org")->verifier.salt);
  EXPECT_FALSE(set_password(db, "nobody@example.org", other));
  EXPECT_TRUE(set_apop(db, "alice@example.org", std::string("\0sealed", 7)));
  EXPECT_EQ(std::string("\0sealed", 7), credentials(db, "alice@example.org")->apop_sealed);
  EXPECT_TRUE(find_user(db, "alice@example.org")->apop);
  EXPECT_TRUE(set_apop(db, "alice@example.org", ""));
  EXPECT_FALSE(find_user(db, "alice@example.org")->apop);
  EXPECT_FALSE(set_apop(db, "nobody@example.org", "x"));
  OwnLimits limits;
  limits.storage = 5000;
  EXPECT_TRUE(set_limits(db, "Bob@example.org", limits));
  EXPECT_EQ(5000u, find_user(db, "bob@example.org")->limits.storage);
  EXPECT_EQ(std::nullopt, find_user(db, "bob@example.org")->limits.messages);
  limits.storage.reset();
  limits.messages = 0;
  EXPECT_TRUE(set_limits(db, "bob@example.org", limits));
  EXPECT_EQ(std::nullopt, list_users(db)[1].limits.storage);
  EXPECT_EQ(0u, list_users(db)[1].limits.messages);
  EXPECT_FALSE(set_limits(db, "nobody@example.org", limits));
}

TEST_F(Accounts, RemovedUsersLeaveNothing) {
  const AccountId alice = id("alice@example.org");
  alias("office@example.org", {"alice@example.org"});
  std::vector<Change> changes;
  Write write(db, changes);
  register_keywords(write, alice, {"x"});
  db.run_script("INSERT INTO thread SELECT id, 1, 1, 1 FROM account");
  EXPECT_EQ(UserRemoved::yes, remove_user(db, "Alice@example.org"));
  EXPECT_EQ(UserRemoved::missing, remove_user(db, "alice@example.org"));
  EXPECT_FALSE(find_user(db, "alice@example.org"));
  EXPECT_EQ(Resolved::Kind::unknown, resolve(db, "office@example.org").kind);
  EXPECT_TRUE(list_aliases(db).empty());
  for (const char* table : {"mailbox", "subscription", "keyword", "thread", "doomed"})
    EXPECT_EQ(0, db.ask(("SELECT count(*) FROM " + std::string(table) +
                         (std::string(table) == "doomed" ? "" : " WHERE account = 1"))
                            .c_str()))
        << table;
  EXPECT_EQ(UserAdded::yes, add(db, "alice@example.org"));
  EXPECT_NE(alice, id("alice@example.org")) << "ids are never used again";
}

TEST_F(Accounts, AddressesAreResolved) {
  EXPECT_EQ(std::vector{id("alice@example.org")}, reached("Alice@Example.Org"));
  EXPECT_EQ(std::vector{id("alice@example.org")}, reached("alice+lists+x@example.org"));
  EXPECT_EQ(Resolved::Kind::unknown, resolve(db, "carol@example.org").kind);
  EXPECT_EQ(Resolved::Kind::unknown, resolve(db, "+alice@example.org").kind);
  EXPECT_EQ(Resolved::Kind::not_local, resolve(db, "alice@example.net").kind);
  EXPECT_EQ(Resolved::Kind::not_local, resolve(db, "alice").kind);
  EXPECT_EQ(Resolved::Kind::not_local, resolve(db, "").kind);
  EXPECT_EQ(Resolved::Kind::not_local, resolve(db, "alice@sub.example.org").kind);
}

TEST_F(Accounts, AliasesAreFollowed) {
  EXPECT_EQ(Outcome::yes, alias("Office@example.org", {"Alice@example.org", "bob@example.org"}).outcome);
  EXPECT_EQ(Outcome::yes, alias("all@example.org", {"office@example.org", "bob@example.org"}).outcome);
  EXPECT_EQ(2u, reached("ALL+x@example.org").size());
  EXPECT_EQ(Resolved::Kind::mailbox, resolve(db, "all@example.org").kind);
  const auto aliases = list_aliases(db);
  ASSERT_EQ(2u, aliases.size());
  EXPECT_EQ("all@example.org", aliases[0].address);
  EXPECT_EQ((std::vector<std::string>{"alice@example.org", "bob@example.org"}), aliases[1].targets);
  EXPECT_EQ(AliasRemoved::yes, remove_alias(db, "office@EXAMPLE.org"));
  EXPECT_EQ(AliasRemoved::missing, remove_alias(db, "office@example.org"));
  EXPECT_EQ(std::vector{id("bob@example.org")}, reached("all@example.org"));
}

TEST_F(Accounts, AliasesThatLeadNowhereGoToo) {
  alias("office@example.org", {"alice@example.org"});
  alias("all@example.org", {"office@example.org"});
  alias("everybody@example.org", {"all@example.org", "bob@example.org"});
  remove_user(db, "alice@example.org");
  EXPECT_EQ(1u, list_aliases(db).size());
  add(db, "office@example.org");
  EXPECT_EQ(std::vector{id("bob@example.org")}, reached("everybody@example.org"));
  EXPECT_EQ(Resolved::Kind::unknown, resolve(db, "all@example.org").kind);
}

TEST_F(Accounts, AliasesLeadToOtherServersToo) {
  alias("office@example.org", {"alice@example.org", "Carol+mail@EXAMPLE.net"});
  alias("away@example.org", {"carol@example.com"});
  alias("all@example.org", {"office@example.org", "away@example.org"});
  const Resolved all = resolve(db, "all@example.org");
  EXPECT_EQ(Resolved::Kind::mailbox, all.kind);
  EXPECT_EQ(std::vector{id("alice@example.org")}, all.accounts);
  EXPECT_EQ((std::vector<std::string>{"carol@example.com", "Carol+mail@example.net"}), all.outside);
  const Resolved away = resolve(db, "away@example.org");
  EXPECT_EQ(Resolved::Kind::mailbox, away.kind);
  EXPECT_TRUE(away.accounts.empty());
  EXPECT_EQ(Quota::kRoomForAll, away.room);
  remove_user(db, "alice@example.org");
  EXPECT_EQ(3u, list_aliases(db).size()) << "what leads to another server doesn't lead nowhere";
  EXPECT_EQ(1u, resolve(db, "office@example.org").outside.size());
}

TEST_F(Accounts, BadAliasesAreRefused) {
  EXPECT_EQ(Outcome::is_user, alias("alice@example.org", {"bob@example.org"}).outcome);
  EXPECT_EQ(Outcome::no_such_domain, alias("x@example.net", {"bob@example.org"}).outcome);
  EXPECT_EQ(Outcome::invalid, alias("x+y@example.org", {"bob@example.org"}).outcome);
  EXPECT_EQ(Outcome::invalid, alias("x@example.org", {}).outcome);
  const AliasAdded unknown = alias("x@example.org", {"bob@example.org", "nobody@example.org"});
  EXPECT_EQ(Outcome::unknown_target, unknown.outcome);
  EXPECT_EQ("nobody@example.org", unknown.target);
  EXPECT_TRUE(list_aliases(db).empty()) << "all or nothing";
  EXPECT_EQ(Outcome::loop, alias("x@example.org", {"x@example.org"}).outcome);
  alias("x@example.org", {"bob@example.org"});
  alias("y@example.org", {"x@example.org"});
  const AliasAdded loop = alias("x@example.org", {"y@example.org"});
  EXPECT_EQ(Outcome::loop, loop.outcome);
  EXPECT_EQ("y@example.org", loop.target);
  EXPECT_EQ(Outcome::exists, alias("x@example.org", {"bob@example.org"}).outcome);
}

}  // namespace
}  // namespace postroom::sqlite
