// Random commands of several sessions against a simple model. MODEL_STEPS=1000000 plays more, MODEL_SEED=N
// another run.
#include <cstdlib>
#include <gtest/gtest.h>

#include "tests/model/trial.h"

namespace postroom::testing::model {
namespace {

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

TEST(Model, EveryAnswerIsRight) {
  const std::uint64_t seed = setting("MODEL_SEED", 1);
  const std::uint64_t steps = setting("MODEL_STEPS", 20'000);
  Trial trial(seed);
  const std::string complaint = trial.play(steps);
  const Counts& counts = trial.counts();
  if (!complaint.empty()) FAIL() << "seed " << seed << ", " << complaint;
  std::printf(
      "%ju steps, %ju rounds (%ju with several sessions, %ju orders of theirs refused), %ju selects, %ju "
      "resyncs, %ju acts outside, %ju told in IDLE\n",
      counts.steps, counts.rounds, counts.at_once, counts.orders, counts.selects, counts.resyncs,
      counts.outside, counts.idle);
  if (steps < 10'000) return;
  // Enough of what the test is about has happened.
  EXPECT_GT(counts.at_once, steps / 5);
  EXPECT_GT(counts.orders, steps / 50);
  EXPECT_GT(counts.selects, steps / 20);
  EXPECT_GT(counts.resyncs, steps / 100);
  EXPECT_GT(counts.outside, steps / 20);
  EXPECT_GT(counts.idle, steps / 1000);
}

// Else a seed would be of no use to whoever looks for a mistake.
TEST(Model, TheSameSeedIsTheSameTrial) {
  Trial one(7), other(7);
  EXPECT_EQ(one.play(500), other.play(500));
  EXPECT_EQ(one.conversations(), other.conversations());
}

}  // namespace
}  // namespace postroom::testing::model
