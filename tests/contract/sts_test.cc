// MTA-STS policies of other domains: each until its time is over, and not without end.
#include "storage/sqlite/sts.h"

#include "tests/contract/contract.h"

namespace postroom::testing {
namespace {

class StsPolicies : public Contract {
 protected:
  KeptStsPolicy policy(const std::string& domain, std::chrono::seconds age, const std::string& id = "1") {
    KeptStsPolicy made;
    made.domain = domain;
    made.id = id;
    made.text = "mode: enforce\n";
    made.fetched = runtime().wall_now();
    made.until = made.fetched + age;
    return made;
  }
  std::string id_of(const std::string& domain) {
    const auto found = await(policies().sts_policy(domain));
    return found ? found->id : "";
  }
};

POSTROOM_CONTRACT(StsPolicies);

TEST_P(StsPolicies, WhatIsKeptIsFound) {
  const KeptStsPolicy kept = policy("one.example", std::chrono::hours(24));
  await(policies().keep_sts_policy(kept));
  const auto found = await(policies().sts_policy("one.example"));
  ASSERT_TRUE(found);
  EXPECT_EQ(kept.domain, found->domain);
  EXPECT_EQ(kept.id, found->id);
  EXPECT_EQ(kept.text, found->text);
  EXPECT_EQ(kept.fetched, found->fetched);
  EXPECT_EQ(kept.until, found->until);
  EXPECT_EQ("", id_of("two.example"));
}

TEST_P(StsPolicies, ANewOneTakesItsPlace) {
  await(policies().keep_sts_policy(policy("one.example", std::chrono::hours(24))));
  await(policies().keep_sts_policy(policy("one.example", std::chrono::hours(1), "2")));
  EXPECT_EQ("2", id_of("one.example"));
}

TEST_P(StsPolicies, ItCountsUntilItsTimeIsOver) {
  await(policies().keep_sts_policy(policy("one.example", std::chrono::seconds(0))));
  EXPECT_EQ("", id_of("one.example"));
  await(policies().keep_sts_policy(policy("two.example", std::chrono::hours(24))));
  sqlite::Connection db = sqlite::open_database(file());
  EXPECT_EQ(1, db.ask("SELECT count(*) FROM sts_policy")) << "the other one is gone";
}

TEST_P(StsPolicies, WhenThereAreTooManyThoseThatEndSoonestGo) {
  await(policies().sts_policy("one.example"));
  const WallTime now = runtime().wall_now();
  sqlite::Connection db = sqlite::open_database(file());
  for (int i = 1; i <= 5; ++i)
    sqlite::keep_sts_policy(db, policy(std::to_string(i) + ".example", std::chrono::hours(10 - i)), 3, now);
  EXPECT_EQ(3, db.ask("SELECT count(*) FROM sts_policy"));
  EXPECT_EQ("1", id_of("1.example"));
  EXPECT_EQ("1", id_of("2.example"));
  EXPECT_EQ("1", id_of("5.example")) << "the one that came last stays";
}

}  // namespace
}  // namespace postroom::testing
