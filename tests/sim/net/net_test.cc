// Five hundred scenarios on a bad network. SIM_SCENARIOS=100000 plays more of them, SIM_FIRST_SEED=N from
// another seed on; one that fails is played again and its log shown.
#include <cstdlib>
#include <gtest/gtest.h>

#include "tests/sim/net/scenario.h"

namespace postroom::testing {
namespace {

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// A scenario that has left something suspended cannot be destroyed.
struct IfOver {
  void operator()(Scenario* scenario) const {
    if (scenario->over()) delete scenario;
  }
};
using ScenarioOwner = std::unique_ptr<Scenario, IfOver>;

/// The end of what was said in the scenario of a seed.
std::string log_of(std::uint64_t seed) {
  const ScenarioOwner scenario(new Scenario(seed));
  scenario->keep_log();
  const std::string complaints = scenario->run();
  constexpr std::size_t kMost = 20'000;
  const std::string& log = scenario->log();
  return (log.size() > kMost ? "...\n" + log.substr(log.size() - kMost) : log) + complaints;
}

void add(Seen& all, const Seen& one) {
  all.stored += one.stored;
  all.unknown += one.unknown;
  all.compared += one.compared;
  all.drains += one.drains;
  all.net.connections += one.net.connections;
  all.net.resets += one.net.resets;
  all.net.pieces += one.net.pieces;
  all.net.full += one.net.full;
}

TEST(Net, LosesNothingAndShowsTheTruth) {
  const std::uint64_t first = setting("SIM_FIRST_SEED", 1);
  const std::uint64_t count = setting("SIM_SCENARIOS", 500);
  Seen all;
  int failed = 0;
  for (std::uint64_t seed = first; seed < first + count && failed < 5; ++seed) {
    const ScenarioOwner scenario(new Scenario(seed));
    const std::string complaints = scenario->run();
    add(all, scenario->seen());
    if (complaints.empty()) continue;
    ADD_FAILURE() << "seed " << seed << ":\n" << complaints;
    if (++failed == 1) std::printf("%s", log_of(seed).c_str());
  }
  std::printf(
      "%ju scenarios, %ju connections (%ju broken), %ju pieces, %ju full windows, %ju messages "
      "acknowledged and %ju perhaps, %ju pictures compared, %ju stops\n",
      count, all.net.connections, all.net.resets, all.net.pieces, all.net.full, all.stored, all.unknown,
      all.compared, all.drains);
  if (failed > 0 || count < 1000) return;
  // Enough of what the test is about has happened.
  EXPECT_GT(all.stored, 3 * count);
  EXPECT_GT(all.unknown, count / 4);
  EXPECT_GT(all.compared, 3 * count);
  EXPECT_GT(all.net.resets, count / 2);
  EXPECT_GT(all.net.full, 100 * count);
  EXPECT_GT(all.drains, count / 8);
}

// Else a seed would be of no use to whoever looks for a mistake.
TEST(Net, TheSameSeedIsTheSameScenario) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) EXPECT_EQ(log_of(seed), log_of(seed)) << seed;
}

}  // namespace
}  // namespace postroom::testing
