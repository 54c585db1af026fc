// base/task.h, base/signal.h, base/runtime.h, on the simulated runtime.
#include <gtest/gtest.h>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/signal.h"
#include "tests/support/sim_runtime.h"

namespace postroom {
namespace {

using namespace std::chrono_literals;
using testing::SimRuntime;

class TaskTest : public ::testing::Test {
 protected:
  SimRuntime runtime;
};

Task<int> answer() { co_return 42; }

Task<int> answer_after(Signal& signal) {
  co_await signal.wait();
  co_return 42;
}

Task<> fail_after(Signal& signal) {
  co_await signal.wait();
  throw std::runtime_error("broken");
}

Task<> keep(Task<int> task, int& result) {
  const int value = co_await std::move(task);
  result = value;
}

Task<int> start(bool& started) {
  started = true;
  co_return 1;
}

TEST_F(TaskTest, StartsOnlyWhenAwaited) {
  bool started = false;
  Task<int> task = start(started);
  EXPECT_FALSE(started);
  int result = 0;
  runtime.spawn(keep(std::move(task), result));
  EXPECT_TRUE(started);
  EXPECT_EQ(result, 1);
}

TEST_F(TaskTest, AChildThatFinishesAtOnceDoesNotSuspendItsParent) {
  int result = 0;
  runtime.spawn(keep(answer(), result));
  EXPECT_EQ(result, 42);  // without a turn of the loop
  EXPECT_TRUE(runtime.run());
}

TEST_F(TaskTest, AChildThatWaitsIsResumedByTheRuntimeOnly) {
  Signal signal(runtime);
  int result = 0;
  runtime.spawn(keep(answer_after(signal), result));
  signal.raise();
  EXPECT_EQ(result, 0);
  EXPECT_TRUE(runtime.run());
  EXPECT_EQ(result, 42);
}

Task<> note_failure(Task<> task, std::string& what) {
  try {
    co_await std::move(task);
  } catch (const std::runtime_error& error) {
    what = error.what();
  }
}

TEST_F(TaskTest, ExceptionsReachTheAwaiter) {
  Signal signal(runtime);
  std::string what;
  runtime.spawn(note_failure(fail_after(signal), what));
  signal.raise();
  EXPECT_TRUE(runtime.run());
  EXPECT_EQ(what, "broken");
}

Task<> count_to(std::uint64_t turns, std::uint64_t& done) {
  while (done < turns) {
    const int value = co_await answer();
    done += static_cast<std::uint64_t>(value) / 42;
  }
}

// A loop of children that finish at once must not grow the stack, whatever the compiler.
TEST_F(TaskTest, AMillionChildrenNeedNoStack) {
  std::uint64_t done = 0;
  runtime.spawn(count_to(1'000'000, done));
  EXPECT_EQ(done, 1'000'000U);
}

Task<int> dive(Signal& signal, int depth) {
  if (depth == 0) {
    co_await signal.wait();
    co_return 0;
  }
  const int below = co_await dive(signal, depth - 1);
  co_return below + 1;
}

TEST_F(TaskTest, AWaitDeepDownSuspendsAllAbove) {
  Signal signal(runtime);
  int result = -1;
  runtime.spawn(keep(dive(signal, 1000), result));
  EXPECT_EQ(result, -1);
  signal.raise();
  EXPECT_TRUE(runtime.run());
  EXPECT_EQ(result, 1000);
}

Task<> note_wake(Signal& signal, TimePoint deadline, std::vector<Wake>& wakes) {
  const Wake wake = co_await signal.wait(deadline);
  wakes.push_back(wake);
}

TEST_F(TaskTest, ARaisedSignalAnswersAtOnceAndIsLowered) {
  Signal signal(runtime);
  std::vector<Wake> wakes;
  signal.raise();
  signal.raise();  // level-triggered: twice is once
  runtime.spawn(note_wake(signal, kNever, wakes));
  EXPECT_EQ(wakes.size(), 1U);
  runtime.spawn(note_wake(signal, runtime.now() + 1s, wakes));
  EXPECT_EQ(wakes.size(), 1U);
  EXPECT_TRUE(runtime.run());
  EXPECT_EQ(wakes, (std::vector<Wake>{Wake::raised, Wake::deadline}));
}

TEST_F(TaskTest, DeadlinesPassInOrderAndNotBefore) {
  Signal early(runtime);
  Signal late(runtime);
  std::vector<Wake> wakes;
  runtime.spawn(note_wake(late, runtime.now() + 10s, wakes));
  runtime.spawn(note_wake(early, runtime.now() + 5s, wakes));
  runtime.advance(5s - 1ns);
  EXPECT_EQ(wakes.size(), 0U);
  runtime.advance(1ns);
  EXPECT_EQ(wakes.size(), 1U);
  late.raise();
  runtime.settle();
  EXPECT_EQ(wakes, (std::vector<Wake>{Wake::deadline, Wake::raised}));
  EXPECT_EQ(runtime.timers().next(), kNever);  // a signal that was raised leaves no timer behind
}

TEST_F(TaskTest, RaisedBeatsADeadlineThatHasPassedMeanwhile) {
  Signal signal(runtime);
  std::vector<Wake> wakes;
  runtime.spawn(note_wake(signal, runtime.now() + 1s, wakes));
  runtime.timers().expire(runtime.now() + 1s);  // both before the coroutine runs
  signal.raise();
  EXPECT_TRUE(runtime.run());
  EXPECT_EQ(wakes, (std::vector<Wake>{Wake::raised}));
}

Task<> note_time(SimRuntime& runtime, Duration time, TimePoint& woke) {
  co_await sleep_until(runtime, runtime.now() + time);
  woke = runtime.now();
}

TEST_F(TaskTest, SleepTakesItsTime) {
  const TimePoint start = runtime.now();
  TimePoint woke{};
  runtime.spawn(note_time(runtime, 90s, woke));
  EXPECT_TRUE(runtime.run());
  EXPECT_EQ(woke, start + 90s);
}

TEST_F(TaskTest, ACoroutineNobodyCanWakeIsToldOf) {
  Signal signal(runtime);
  std::vector<Wake> wakes;
  runtime.spawn(note_wake(signal, kNever, wakes));
  EXPECT_FALSE(runtime.run());
  signal.raise();
  EXPECT_TRUE(runtime.run());
}

Task<> run_job(SimRuntime& runtime, int input, std::string& result) {
  std::string text = "job ";
  auto job = [&] { return text + std::to_string(input); };
  std::string made = co_await perform(runtime, Lane::reader, job);
  result = std::move(made);
}

Task<> run_void_job(SimRuntime& runtime, bool& ran) {
  auto job = [&] { ran = true; };
  co_await perform(runtime, Lane::writer, job);
}

Task<> run_failing_job(SimRuntime& runtime, std::string& what) {
  auto job = [&]() -> int { throw std::runtime_error("disk on fire"); };
  try {
    co_await perform(runtime, Lane::compute, job);
  } catch (const std::runtime_error& error) {
    what = error.what();
  }
}

TEST_F(TaskTest, PerformGivesResultsAndErrorsBack) {
  std::string result;
  std::string what;
  bool ran = false;
  runtime.spawn(run_job(runtime, 7, result));
  runtime.spawn(run_void_job(runtime, ran));
  runtime.spawn(run_failing_job(runtime, what));
  EXPECT_EQ(result, "");
  EXPECT_TRUE(runtime.run());
  EXPECT_EQ(result, "job 7");
  EXPECT_TRUE(ran);
  EXPECT_EQ(what, "disk on fire");
}

Task<> append_job(SimRuntime& runtime, Lane lane, int number, std::vector<int>& order) {
  auto job = [&] { order.push_back(number); };
  co_await perform(runtime, lane, job);
}

TEST(SimRuntimeTest, ALaneKeepsItsOrderWhateverTheSeed) {
  bool lanes_differ = false;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SimRuntime runtime(seed);
    std::vector<int> order;
    for (int i = 0; i < 4; ++i) {
      runtime.spawn(append_job(runtime, Lane::writer, i, order));
      runtime.spawn(append_job(runtime, Lane::reader, 10 + i, order));
    }
    EXPECT_TRUE(runtime.run());
    std::vector<int> writer;
    for (const int number : order)
      if (number < 10) writer.push_back(number);
    EXPECT_EQ(writer, (std::vector<int>{0, 1, 2, 3}));
    lanes_differ = lanes_differ || order != std::vector<int>{0, 1, 2, 3, 10, 11, 12, 13};
  }
  EXPECT_TRUE(lanes_differ);
}

Task<> note_order(Signal& signal, int number, std::vector<int>& order) {
  co_await signal.wait();
  order.push_back(number);
}

TEST(ReadyQueueTest, IsFirstInFirstOut) {
  SimRuntime runtime;
  Signal first(runtime);
  Signal second(runtime);
  std::vector<int> order;
  runtime.spawn(note_order(first, 1, order));
  runtime.spawn(note_order(second, 2, order));
  second.raise();
  first.raise();
  EXPECT_TRUE(runtime.run());
  EXPECT_EQ(order, (std::vector<int>{2, 1}));
}

}  // namespace
}  // namespace postroom
