// Power cuts: at every sync and at random moments between, what was acknowledged is there when the machine
// comes up again, no UID is used twice, no modseq goes back, and the counters agree with what they count.
#include <gtest/gtest.h>

#include "tests/sim/workload.h"

namespace postroom::testing {
namespace {

using Loss = SimDisk::Loss;

struct Verdict {
  std::uint64_t cuts = 0;
  std::uint64_t bad = 0;
  std::string first;
};

Task<> live_a_while(SqliteStore& store, Runtime& runtime) {
  co_await sleep_until(runtime, runtime.now() + std::chrono::seconds(10));
  co_await store.close();
}

/// The server starts again on the disk as it was found, cleans up after itself, and stops.
void restart(const SimDisk& found) {
  SimRuntime runtime;
  const WordTerms words;
  SqliteOptions options;
  options.vfs = found.vfs_name();
  options.terms = &words;
  const auto store = SqliteStore::open(runtime, Workload::kFile, options);
  store->start();
  runtime.spawn(live_a_while(*store, runtime));
  EXPECT_TRUE(runtime.run());
}

/// Cuts at every sync and at one in `writes_per_cut` writes, each cut losing what the dice say.
Verdict cut_power(std::uint64_t seed, bool durable, std::uint64_t writes_per_cut, int steps) {
  Workload workload(seed, durable);
  std::mt19937_64 dice(seed);
  Verdict verdict;
  SimDisk& disk = workload.disk();
  disk.before = [&](SimDisk::Moment moment) {
    if (moment == SimDisk::Moment::write && dice() % writes_per_cut != 0) return;
    const auto loss = static_cast<Loss>(dice() % 4);
    const auto found = disk.after_power_cut(loss, dice());
    std::string wrong = workload.judge(*found);
    if (++verdict.cuts % 20 == 0 && wrong.empty()) {
      restart(*found);
      wrong = workload.judge(*found);
    }
    if (wrong.empty()) return;
    if (verdict.bad++ == 0)
      verdict.first = "seed " + std::to_string(seed) + ", cut " + std::to_string(verdict.cuts) + ", loss " +
                      std::to_string(static_cast<int>(loss)) + ":\n" + wrong;
  };
  workload.run(steps);
  return verdict;
}

class PowerCut : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(PowerCut, LosesNothingAcknowledged) {
  const Verdict verdict = cut_power(GetParam(), true, 12, 60);
  EXPECT_EQ(0u, verdict.bad) << verdict.first;
  EXPECT_GT(verdict.cuts, 250u);
  std::printf("%llu power cuts\n", static_cast<unsigned long long>(verdict.cuts));
}

INSTANTIATE_TEST_SUITE_P(Seeds, PowerCut, ::testing::Range<std::uint64_t>(1, 9));

// Without syncs the same cuts do lose mail: the test can fail.
TEST(PowerCutWithoutSyncs, LosesMail) {
  const Verdict verdict = cut_power(1, false, 12, 60);
  EXPECT_GT(verdict.bad, 0u);
}

}  // namespace
}  // namespace postroom::testing
