// Some hundred random lives of a relay.
#include "tests/relay/scenario.h"

namespace postroom::testing {
namespace {

TEST(RelayScenarios, EachRecipientHasOneFate) {
  Scenario::Seen all;
  for (std::uint64_t seed = 1; seed <= 100 && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Scenario scenario(seed);
    scenario.play();
    all.delivered += scenario.seen.delivered;
    all.failed += scenario.seen.failed;
    all.delayed += scenario.seen.delayed;
    all.twice += scenario.seen.twice;
    all.stops += scenario.seen.stops;
    all.cuts += scenario.seen.cuts;
    all.full += scenario.seen.full;
  }
  EXPECT_GT(all.delivered, 1000);
  EXPECT_GT(all.failed, 500);
  EXPECT_GT(all.delayed, 50);
  EXPECT_GT(all.twice, 5);
  EXPECT_GT(all.stops, 40);
  EXPECT_GT(all.cuts, 40);
  EXPECT_GT(all.full, 40);
}

}  // namespace
}  // namespace postroom::testing
