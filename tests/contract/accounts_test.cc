// Users, as the protocols ask for them. What an address may be is tested with storage/sqlite/accounts.h.
#include "tests/contract/contract.h"

namespace postroom::testing {
namespace {

class Users : public Contract {};
POSTROOM_CONTRACT(Users);

TEST_P(Users, LogInByTheirAddress) {
  const auto found = await(store().credentials("ALICE@example.org"));
  ASSERT_TRUE(found);
  EXPECT_EQ(alice(), found->account);
  EXPECT_EQ("alice@example.org", found->address);
  EXPECT_EQ("stored", found->verifier.stored_key);
  EXPECT_FALSE(await(store().credentials("alice+x@example.org")));
  EXPECT_FALSE(await(store().credentials("nobody@example.org")));
}

TEST_P(Users, GetMailAtTheirAddress) {
  const Resolved found = await(store().resolve("Bob+Lists@Example.org"));
  EXPECT_EQ(Resolved::Kind::mailbox, found.kind);
  EXPECT_EQ(std::vector{bob()}, found.accounts);
  EXPECT_EQ(Resolved::Kind::unknown, await(store().resolve("nobody@example.org")).kind);
  EXPECT_EQ(Resolved::Kind::not_local, await(store().resolve("bob@example.com")).kind);
}

TEST_P(Users, AreThereAsSoonAsTheyAreAdded) {
  EXPECT_EQ(Resolved::Kind::unknown, await(store().resolve("carol@example.org")).kind);
  const AccountId carol = add_user("carol@example.org");
  EXPECT_EQ(std::vector{carol}, await(store().resolve("carol@example.org")).accounts);
  EXPECT_EQ(1u, deliver({carol}, "welcome"));
}

}  // namespace
}  // namespace postroom::testing
