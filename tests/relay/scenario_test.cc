// Random lives of a relay. SIM_LIVES=1000 plays more of them.
#include "tests/relay/scenario.h"

#include <cstdlib>

namespace postroom::testing {
namespace {

TEST(RelayScenarios, EachRecipientHasOneFate) {
  const char* wanted = std::getenv("SIM_LIVES");
  const int lives = wanted ? std::atoi(wanted) : 30;
  Scenario::Seen all;
  for (int seed = 1; seed <= lives && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Scenario scenario(static_cast<std::uint64_t>(seed));
    scenario.play();
    all.delivered += scenario.seen.delivered;
    all.failed += scenario.seen.failed;
    all.delayed += scenario.seen.delayed;
    all.twice += scenario.seen.twice;
    all.stops += scenario.seen.stops;
    all.cuts += scenario.seen.cuts;
    all.full += scenario.seen.full;
  }
  EXPECT_GT(all.delivered, lives * 10);
  EXPECT_GT(all.failed, lives * 5);
  EXPECT_GT(all.delayed, lives / 2);
  EXPECT_GT(all.twice, lives / 20);
  EXPECT_GT(all.stops, lives / 3);
  EXPECT_GT(all.cuts, lives / 3);
  EXPECT_GT(all.full, lives / 3);
}

}  // namespace
}  // namespace postroom::testing
