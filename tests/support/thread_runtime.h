// ThreadRuntime: real time and real threads without a network, for what must be right when lanes run side by
// side.
#pragma once

#include <array>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "base/signal.h"

namespace postroom::testing {

class ThreadRuntime : public Runtime {
 public:
  ThreadRuntime() {
    constexpr std::array<int, kLanes> kThreads = {1, 1, 2, 1, 1};
    for (std::size_t lane = 0; lane < kLanes; ++lane)
      for (int i = 0; i < kThreads[lane]; ++i) threads_.emplace_back([this, lane] { work(lane); });
  }
  ~ThreadRuntime() override {
    assert(roots() == 0 && "a coroutine is left suspended");
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    work_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  TimePoint now() const override { return Clock::now(); }
  WallTime wall_now() const override {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  }
  void random(std::span<std::byte> out) override {
    for (std::byte& byte : out) byte = static_cast<std::byte>(generator_());
  }
  void submit(Lane lane, Job job, Signal& done) override {
    {
      const std::lock_guard lock(mutex_);
      lanes_[static_cast<std::size_t>(lane)].push_back({std::move(job), &done});
    }
    work_.notify_all();
  }

  /// Runs until `finished()` is true.
  template <class Finished>
  void run_until(Finished finished) {
    while (!finished()) {
      if (!ready().empty()) {
        ready().pop().resume();
        continue;
      }
      for (Signal* signal : wait()) signal->raise();
      timers().expire(now());
    }
  }

  /// Runs until every spawned coroutine has finished.
  void run() {
    run_until([this] { return roots() == 0; });
  }

 private:
  struct Pending {
    Job job;
    Signal* done;
  };

  std::vector<Signal*> wait() {
    std::unique_lock lock(mutex_);
    const auto news = [this] { return !done_.empty(); };
    // A bound keeps a forgotten wake-up from becoming a hang without a trace.
    finished_.wait_until(lock, std::min(timers().next(), now() + std::chrono::seconds(1)), news);
    return std::exchange(done_, {});
  }

  void work(std::size_t lane) {
    std::unique_lock lock(mutex_);
    for (;;) {
      work_.wait(lock, [&] { return stopping_ || !lanes_[lane].empty(); });
      if (lanes_[lane].empty()) return;
      const Pending next = std::move(lanes_[lane].front());
      lanes_[lane].pop_front();
      lock.unlock();
      next.job();
      lock.lock();
      done_.push_back(next.done);
      finished_.notify_one();
    }
  }

  std::mutex mutex_;
  std::condition_variable work_, finished_;
  std::deque<Pending> lanes_[kLanes];
  std::vector<Signal*> done_;
  bool stopping_ = false;
  std::mt19937_64 generator_{1};
  std::vector<std::thread> threads_;
};

}  // namespace postroom::testing
