// Work beside the loop: how much of it is one job.
#include "protocols/imap/beside.h"

#include <gtest/gtest.h>

#include "tests/support/sim_runtime.h"

namespace postroom::imap {
namespace {

class CountingRuntime : public postroom::testing::SimRuntime {
 public:
  std::size_t jobs = 0;
  void submit(Lane lane, Job job, Signal& done) override {
    EXPECT_EQ(lane, Lane::compute);
    ++jobs;
    SimRuntime::submit(lane, std::move(job), done);
  }
};

Task<> note_each(Runtime& runtime, std::size_t count, std::vector<std::size_t>& noted) {
  auto note = [&noted](std::size_t i) { noted.push_back(i); };
  co_await for_each_beside(runtime, count, note);
}

TEST(Beside, EachIsDoneOnceInOrder) {
  for (const std::size_t count : {0u, 1u, 256u, 257u, 10'000u}) {
    CountingRuntime runtime;
    std::vector<std::size_t> noted;
    runtime.spawn(note_each(runtime, count, noted));
    EXPECT_TRUE(runtime.run());
    std::vector<std::size_t> expected;
    for (std::size_t i = 0; i < count; ++i) expected.push_back(i);
    EXPECT_EQ(noted, expected);
    EXPECT_EQ(runtime.jobs, (count + 255) / 256);
  }
}

}  // namespace
}  // namespace postroom::imap
