// Mailing lists as an administrator changes them, and beside users and aliases.
#include "storage/sqlite/lists.h"

#include <gtest/gtest.h>

#include "storage/sqlite/accounts.h"
#include "tests/support/temporary_folder.h"

namespace postroom::sqlite {
namespace {

class Lists : public ::testing::Test {
 protected:
  Lists() {
    add_domain(db, "example.org");
    for (const char* user : {"alice@example.org", "bob@example.org"}) add(user);
  }
  UserAdded add(std::string_view address) {
    Verifier verifier;
    verifier.salt = "salt";
    verifier.iterations = 1;
    return add_user(db, address, verifier, {}, WallTime{});
  }
  ListAdded list(std::string_view address, const std::string& owner = "") {
    ListSettings settings;
    settings.owner = owner;
    return add_list(db, address, settings);
  }
  Joined::Outcome join(std::string_view list, const std::vector<std::string>& members) {
    return join_list(db, list, members).outcome;
  }

  testing::TemporaryFolder folder;
  Connection db = open_database(folder.path() / "postroom.db");
};

TEST_F(Lists, HaveAnAddressOfTheirOwn) {
  EXPECT_EQ(ListAdded::yes, list("Team@example.org"));
  EXPECT_EQ(ListAdded::exists, list("team@example.org"));
  EXPECT_EQ(ListAdded::is_user, list("alice@example.org"));
  add_alias(db, "info@example.org", {"alice@example.org"});
  EXPECT_EQ(ListAdded::is_alias, list("info@example.org"));
  EXPECT_EQ(ListAdded::no_such_domain, list("team@example.net"));
  for (const char* bad : {"team", "te+am@example.org", "équipe@example.org",
                          "123456789-123456789-123456789-123456789-123456789-1234567@example.org"})
    EXPECT_EQ(ListAdded::invalid, list(bad)) << bad;
  EXPECT_EQ(ListAdded::yes, list("123456789-123456789-123456789-123456789-123456789-123456@example.org"));
  EXPECT_EQ(UserAdded::is_list, add("team@example.org"));
  EXPECT_EQ(AliasAdded::Outcome::is_list, add_alias(db, "team@example.org", {"alice@example.org"}).outcome);
  EXPECT_TRUE(is_list(db, "team@example.org"));
}

TEST_F(Lists, HaveAnOwnerWhoIsSomebody) {
  EXPECT_EQ(ListAdded::unknown_owner, list("team@example.org", "nobody@example.org"));
  EXPECT_EQ(ListAdded::yes, list("team@example.org", "Alice@example.org"));
  EXPECT_EQ(ListAdded::unknown_owner, list("others@example.org", "team@example.org")) << "a list";
  EXPECT_EQ("alice@example.org", find_list(db, "team@example.org")->settings.owner);
  ListSettings settings;
  settings.anyone = true;
  settings.owner = "Boss@Example.NET";
  EXPECT_EQ(ListChanged::yes, set_list(db, "TEAM@example.org", settings));
  const auto found = find_list(db, "team@example.org");
  EXPECT_EQ("Boss@example.net", found->settings.owner);
  EXPECT_TRUE(found->settings.anyone);
  settings.owner = "nobody@example.org";
  EXPECT_EQ(ListChanged::unknown_owner, set_list(db, "team@example.org", settings));
  EXPECT_EQ(ListChanged::missing, set_list(db, "none@example.org", settings));
}

TEST_F(Lists, MembersJoinAndLeave) {
  using Outcome = Joined::Outcome;
  list("team@example.org");
  list("all@example.org");
  EXPECT_EQ(2u, join_list(db, "team@example.org", {"Bob@example.org", "Carol@Example.NET"}).added);
  EXPECT_EQ(1u, join_list(db, "team@example.org", {"bob@example.org", "alice@example.org"}).added);
  EXPECT_EQ(Outcome::yes, join("all@example.org", {"team@example.org"}));
  EXPECT_EQ(Outcome::itself, join("all@example.org", {"ALL@example.org"}));
  EXPECT_EQ(Outcome::missing, join("none@example.org", {"alice@example.org"}));
  EXPECT_EQ(Outcome::unknown_member, join("all@example.org", {"alice@example.org", "nobody@example.org"}));
  EXPECT_EQ(1u, members_of(db, "all@example.org").size()) << "all or none";
  EXPECT_EQ((std::vector<std::string>{"Carol@example.net", "alice@example.org", "bob@example.org"}),
            members_of(db, "team@example.org"));
  EXPECT_EQ(1u, leave_list(db, "team@example.org", {"Carol@example.net", "carol@example.net"}));
  EXPECT_EQ(0u, leave_list(db, "team@example.org", {"dave@example.org"}));
  EXPECT_FALSE(leave_list(db, "none@example.org", {"dave@example.org"}));
  ASSERT_EQ(2u, all_lists(db).size());
  EXPECT_EQ(2u, all_lists(db)[1].members);
}

TEST_F(Lists, HaveNoMoreMembersThanOneTransactionTakes) {
  list("team@example.org");
  std::vector<std::string> many;
  for (std::size_t i = 0; i < kMaxMembers; ++i) many.push_back(std::to_string(i) + "@example.net");
  EXPECT_EQ(Joined::Outcome::yes, join("team@example.org", many));
  EXPECT_EQ(Joined::Outcome::too_many, join("team@example.org", {"one-more@example.net"}));
  EXPECT_EQ(kMaxMembers, find_list(db, "team@example.org")->members);
}

TEST_F(Lists, WhoIsGoneIsNoMember) {
  list("team@example.org", "bob@example.org");
  list("all@example.org", "alice@example.org");
  add_alias(db, "robert@example.org", {"bob@example.org"});
  add_alias(db, "everybody@example.org", {"all@example.org"});
  join("team@example.org", {"bob@example.org", "robert@example.org", "carol@example.net"});
  join("all@example.org", {"team@example.org", "alice@example.org"});
  remove_user(db, "bob@example.org");
  EXPECT_EQ((std::vector<std::string>{"carol@example.net"}), members_of(db, "team@example.org"));
  EXPECT_EQ("", find_list(db, "team@example.org")->settings.owner) << "the postmaster's from now on";
  EXPECT_EQ("alice@example.org", find_list(db, "all@example.org")->settings.owner);
  EXPECT_TRUE(remove_list(db, "team@example.org"));
  EXPECT_EQ((std::vector<std::string>{"alice@example.org"}), members_of(db, "all@example.org"));
  EXPECT_EQ(1u, list_aliases(db).size());
  EXPECT_TRUE(remove_list(db, "all@example.org"));
  EXPECT_TRUE(list_aliases(db).empty()) << "what led to a list leads nowhere";
  EXPECT_FALSE(remove_list(db, "all@example.org"));
}

TEST_F(Lists, KeepTheirDomain) {
  add_domain(db, "example.com");
  list("team@example.com");
  EXPECT_EQ(DomainRemoved::has_lists, remove_domain(db, "example.com"));
  remove_list(db, "team@example.com");
  EXPECT_EQ(DomainRemoved::yes, remove_domain(db, "example.com"));
}

// Whom mail for lists goes to.

class ResolvedLists : public Lists {
 protected:
  AccountId id(std::string_view address) { return find_user(db, address)->id; }
  AccountId alice() { return id("alice@example.org"); }
  AccountId bob() { return id("bob@example.org"); }
};

TEST_F(ResolvedLists, ExpandToMembersWhereverTheyAre) {
  add_alias(db, "robert@example.org", {"bob@example.org", "bob@example.com"});
  list("team@example.org", "bob@example.org");
  join("team@example.org",
       {"alice@example.org", "robert@example.org", "bob@example.org", "Carol@example.net"});
  const Resolved found = resolve(db, "Team+x@example.org");
  EXPECT_EQ(Resolved::Kind::mailbox, found.kind);
  EXPECT_TRUE(found.accounts.empty());
  EXPECT_TRUE(found.outside.empty());
  EXPECT_EQ(Quota::kRoomForAll, found.room);
  ASSERT_EQ(1u, found.lists.size());
  const MailingList& team = found.lists[0];
  EXPECT_EQ("team@example.org", team.address);
  EXPECT_FALSE(team.within_another());
  EXPECT_FALSE(team.anyone);
  EXPECT_EQ((std::vector{alice(), bob()}), team.accounts);
  EXPECT_EQ((std::vector<std::string>{"Carol@example.net", "bob@example.com"}), team.outside);
  EXPECT_EQ(std::vector{bob()}, team.owners);
}

TEST_F(ResolvedLists, ListsWithinListsAreFoundOnceEach) {
  list("all@example.org");
  list("team@example.org");
  join("all@example.org", {"team@example.org", "alice@example.org"});
  join("team@example.org", {"all@example.org", "bob@example.org"});
  add_alias(db, "both@example.org", {"all@example.org", "alice@example.org"});
  const Resolved found = resolve(db, "both@example.org");
  EXPECT_EQ(std::vector{alice()}, found.accounts);
  ASSERT_EQ(2u, found.lists.size());
  EXPECT_EQ("all@example.org", found.lists[0].address);
  EXPECT_EQ("team@example.org", found.lists[1].address);
  EXPECT_EQ("all@example.org", found.lists[1].post_to);
  EXPECT_EQ(std::vector{bob()}, found.lists[1].accounts);
}

TEST_F(ResolvedLists, AWebOfThemIsBounded) {
  list("l0@example.org");
  for (int i = 1; i <= 20; ++i) {
    list("l" + std::to_string(i) + "@example.org");
    join("l0@example.org", {"l" + std::to_string(i) + "@example.org"});
  }
  EXPECT_THROW(resolve(db, "l0@example.org"), StoreFault);
  remove_list(db, "l20@example.org");
  EXPECT_EQ(20u, resolve(db, "l0@example.org").lists.size());
}

// RFC 2142 6
TEST_F(ResolvedLists, WhatIsForTheOwnerGoesThere) {
  add_alias(db, "postmaster@example.org", {"alice@example.org"});
  list("team@example.org");
  for (const char* address :
       {"team-owner@example.org", "TEAM-request@example.org", "team-bounces@example.org"})
    EXPECT_EQ(std::vector{alice()}, resolve(db, address).accounts) << address;
  ListSettings settings;
  settings.owner = "boss@example.net";
  set_list(db, "team@example.org", settings);
  EXPECT_EQ(std::vector<std::string>{"boss@example.net"}, resolve(db, "team-owner@example.org").outside);
  EXPECT_EQ(Resolved::Kind::unknown, resolve(db, "team-other@example.org").kind);
  EXPECT_EQ(Resolved::Kind::unknown, resolve(db, "-owner@example.org").kind);
  add("team-owner@example.org");
  EXPECT_EQ(std::vector{id("team-owner@example.org")}, resolve(db, "team-owner@example.org").accounts)
      << "who has the address has its mail";
}

}  // namespace
}  // namespace postroom::sqlite
