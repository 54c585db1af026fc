// server/uv_runtime.h, server/worker_lane.h.
#include "server/uv_runtime.h"

#include <atomic>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/resource.h>
#include <thread>
#include <vector>

#include "base/signal.h"

namespace postroom {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kComputeThreads = 3;

Task<> append_job(Runtime& runtime, Lane lane, int number, std::vector<int>& order) {
  auto job = [&] { order.push_back(number); };
  co_await perform(runtime, lane, job);
}

TEST(UvRuntimeTest, EndsWhenNothingRuns) {
  UvRuntime runtime(kComputeThreads);
  runtime.run();
}

TEST(UvRuntimeTest, AOneThreadLaneKeepsItsOrder) {
  UvRuntime runtime(kComputeThreads);
  std::vector<int> order;
  std::vector<int> expected;
  for (int i = 0; i < 1000; ++i) {
    runtime.spawn(append_job(runtime, Lane::writer, i, order));
    expected.push_back(i);
  }
  runtime.run();
  EXPECT_EQ(order, expected);
}

Task<> meet(Runtime& runtime, std::atomic<int>& there, int all) {
  auto job = [&] {
    ++there;
    while (there < all) std::this_thread::yield();
  };
  co_await perform(runtime, Lane::compute, job);
}

// Ends only if the lane's threads all work at the same time.
TEST(UvRuntimeTest, ALanesThreadsWorkSideBySide) {
  UvRuntime runtime(kComputeThreads);
  std::atomic<int> there = 0;
  for (int i = 0; i < 3; ++i) runtime.spawn(meet(runtime, there, 3));
  runtime.run();
  EXPECT_EQ(there, 3);
}

Task<> wait_for(Signal& signal, std::atomic<bool>& released) {
  co_await signal.wait();
  released = true;
}

Task<> hold(Runtime& runtime, Lane lane, std::atomic<bool>& released) {
  auto job = [&] {
    while (!released) std::this_thread::yield();
  };
  co_await perform(runtime, lane, job);
}

Task<> raise_after_job(Runtime& runtime, Lane lane, Signal& signal) {
  auto job = [] {};
  co_await perform(runtime, lane, job);
  signal.raise();
}

// The lanes do not wait for each other: the writer is held until a job on each of the others has come back.
TEST(UvRuntimeTest, LanesAreIndependent) {
  for (const Lane lane : {Lane::checkpoint, Lane::reader, Lane::compute, Lane::hash}) {
    UvRuntime runtime(kComputeThreads);
    Signal signal(runtime);
    std::atomic<bool> released = false;
    runtime.spawn(wait_for(signal, released));
    runtime.spawn(hold(runtime, Lane::writer, released));
    runtime.spawn(raise_after_job(runtime, lane, signal));
    runtime.run();
    EXPECT_TRUE(released);
  }
}

Task<> ping(Runtime& runtime, int turns, int& done) {
  auto job = [] {};
  for (int i = 0; i < turns; ++i) {
    co_await perform(runtime, Lane::compute, job);
    ++done;
  }
}

TEST(UvRuntimeTest, NoCompletionIsLostBetweenALoopThatSleepsAndOneThatDoesNot) {
  UvRuntime runtime(kComputeThreads);
  int done = 0;
  for (int i = 0; i < 20; ++i) runtime.spawn(ping(runtime, 500, done));
  runtime.run();
  EXPECT_EQ(done, 20 * 500);
}

Task<> note_thread(Runtime& runtime, Lane lane, std::string& name) {
  auto job = [&] {
    char text[16] = "";
    pthread_getname_np(pthread_self(), text, sizeof text);
    name = text;
  };
  co_await perform(runtime, lane, job);
}

TEST(UvRuntimeTest, ThreadsHaveNames) {
  UvRuntime runtime(kComputeThreads);
  std::string writer;
  std::string compute;
  runtime.spawn(note_thread(runtime, Lane::writer, writer));
  runtime.spawn(note_thread(runtime, Lane::compute, compute));
  runtime.run();
  EXPECT_EQ(writer, "pr-writer");
  EXPECT_EQ(compute, "pr-compute");
}

Task<> note_wake(Runtime& runtime, Duration time, int number, std::vector<int>& order) {
  const TimePoint deadline = runtime.now() + time;
  co_await sleep_until(runtime, deadline);
  EXPECT_GE(runtime.now(), deadline);
  order.push_back(number);
}

Task<> note_nice(Runtime& runtime, Lane lane, int& nice) {
  auto job = [&] { nice = ::getpriority(PRIO_PROCESS, 0); };
  co_await perform(runtime, lane, job);
}

TEST(UvRuntimeTest, HashingGivesWay) {
  UvRuntime runtime(kComputeThreads);
  int nice = 0;
  runtime.spawn(note_nice(runtime, Lane::hash, nice));
  runtime.run();
  EXPECT_GE(nice, 10);
}

TEST(UvRuntimeTest, DeadlinesWakeTheLoopInOrder) {
  UvRuntime runtime(kComputeThreads);
  std::vector<int> order;
  runtime.spawn(note_wake(runtime, 30ms, 3, order));
  runtime.spawn(note_wake(runtime, 10ms, 1, order));
  runtime.spawn(note_wake(runtime, 20ms, 2, order));
  runtime.spawn(note_wake(runtime, -1s, 0, order));
  runtime.run();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3}));
}

Task<> never_idle(Runtime& runtime, const bool& stop, int& turns) {
  while (!stop) {
    co_await sleep_until(runtime, runtime.now());
    ++turns;
  }
}

Task<> stop_after(Runtime& runtime, bool& stop) {
  auto job = [] {};
  co_await perform(runtime, Lane::compute, job);
  co_await sleep_until(runtime, runtime.now() + 5ms);
  stop = true;
}

// A coroutine that is always ready keeps neither timers nor workers from being heard.
TEST(UvRuntimeTest, ABusyCoroutineDoesNotStarveTheLoop) {
  UvRuntime runtime(kComputeThreads);
  bool stop = false;
  int turns = 0;
  runtime.spawn(never_idle(runtime, stop, turns));
  runtime.spawn(stop_after(runtime, stop));
  runtime.run();
  EXPECT_GT(turns, 0);
}

TEST(UvRuntimeTest, RandomAndWallClockAreReal) {
  UvRuntime runtime(kComputeThreads);
  std::byte a[16];
  std::byte b[16];
  runtime.random(a);
  runtime.random(b);
  EXPECT_NE(std::vector<std::byte>(a, a + 16), std::vector<std::byte>(b, b + 16));
  EXPECT_LE(std::chrono::abs(runtime.wall_now() - std::chrono::system_clock::now()), 5s);
}

Task<> take_turns(Runtime& runtime, int count) {
  for (int i = 0; i < count; ++i) {
    co_await sleep_until(runtime, runtime.now());
  }
}

// The network is looked at between any two of a coroutine's turns, whatever else can run; and nobody sleeps.
TEST(UvRuntimeTest, WhoWaitsUntilNowWaitsOneTurn) {
  constexpr int kTurns = 200;
  UvRuntime runtime(kComputeThreads);
  int looks = 0;
  UvHandle<uv_prepare_t> look(new uv_prepare_t);
  uv_prepare_init(runtime.loop(), look.get());
  look->data = &looks;
  uv_prepare_start(look.get(), [](uv_prepare_t* handle) { ++*static_cast<int*>(handle->data); });
  for (int i = 0; i < 10; ++i) runtime.spawn(take_turns(runtime, kTurns));
  runtime.run();
  EXPECT_GE(looks, kTurns - 1);
  EXPECT_LE(looks, 2 * kTurns);
}

TEST(WorkerLaneTest, RunsWhatIsQueuedBeforeItStops) {
  UvRuntime runtime(kComputeThreads);
  Signal done(runtime);
  std::atomic<int> ran = 0;
  Completions completions([] {});
  {
    WorkerLane lane("test", 2, completions);
    for (int i = 0; i < 100; ++i) lane.submit([&] { ++ran; }, done);
  }
  EXPECT_EQ(ran, 100);
}

TEST(CompletionsTest, WakesOnlyALoopThatSleeps) {
  UvRuntime runtime(kComputeThreads);
  Signal done(runtime);
  int wakes = 0;
  Completions completions([&] { ++wakes; });
  completions.add(done);
  EXPECT_EQ(wakes, 0);
  EXPECT_FALSE(completions.may_sleep());
  completions.raise();
  EXPECT_TRUE(completions.may_sleep());
  completions.add(done);
  completions.add(done);
  EXPECT_EQ(wakes, 1);
  completions.raise();
  completions.add(done);
  EXPECT_EQ(wakes, 1);
}

}  // namespace
}  // namespace postroom
