// SimRuntime: the same coroutines on virtual time, in an order drawn from a seed, with jobs run inline.
#pragma once

#include <algorithm>
#include <random>
#include <vector>

#include "base/signal.h"

namespace postroom::testing {

class SimRuntime : public Runtime {
 public:
  explicit SimRuntime(std::uint64_t seed = 0) : shuffle_(seed != 0), generator_(seed) {}
  /// What is suspended is never destroyed: a test ends what it has begun.
  ~SimRuntime() override { assert(roots() == 0 && "a coroutine is left suspended"); }

  TimePoint now() const override { return now_; }
  WallTime wall_now() const override {
    return kEpoch + std::chrono::floor<std::chrono::seconds>(now_ - TimePoint{});
  }
  void random(std::span<std::byte> out) override {
    for (std::byte& byte : out) byte = static_cast<std::byte>(generator_());
  }
  void submit(Lane lane, Job job, Signal& done) override {
    ++jobs_;
    if (slowest_ > Duration{}) return spawn(work(lane, std::move(job), done));
    lanes_[static_cast<std::size_t>(lane)].push_back({std::move(job), &done});
  }

  /// From now on a job is begun some time after it was submitted, and what it did is known some time later:
  /// up to `slowest` each. Zero: jobs take no time.
  void slow_jobs(Duration slowest) { slowest_ = slowest; }

  /// How many jobs there were.
  std::uint64_t jobs() const { return jobs_; }

  /// Runs until every spawned coroutine has finished. False: nothing can ever wake those that are left.
  bool run() {
    while (step()) {
    }
    return roots() == 0;
  }

  /// Runs what can run without time passing; what waits for a deadline keeps waiting.
  void settle() {
    while (run_one()) {
    }
  }

  /// Lets time pass, from deadline to deadline.
  void advance(Duration time) {
    settle();
    const TimePoint until = now_ + time;
    while (timers().next() <= until) {
      now_ = std::max(now_, timers().next());
      timers().expire(now_);
      settle();
    }
    now_ = until;
  }

 private:
  struct Pending {
    Job job;
    Signal* done;
  };
  struct Busy {
    TimePoint begun, known;  // of the job submitted last
  };
  // 2026-01-01T00:00:00Z
  static constexpr WallTime kEpoch{std::chrono::seconds(1767225600)};

  bool run_one() {
    if (!ready().empty()) {
      if (shuffle_) ready().prefer(pick(ready().size()));
      ready().pop().resume();
      return true;
    }
    // One turn of the loop: whoever waits until now() has waited.
    const bool due = timers().next() <= now_;
    timers().expire(now_);
    std::vector<std::size_t> busy;
    for (std::size_t lane = 0; lane < kLanes; ++lane)
      if (!lanes_[lane].empty()) busy.push_back(lane);
    if (busy.empty()) return due;
    auto& lane = lanes_[busy[shuffle_ ? pick(busy.size()) : 0]];
    Pending next = std::move(lane.front());
    lane.erase(lane.begin());
    next.job();
    next.done->raise();
    return true;
  }

  bool step() {
    if (run_one()) return true;
    if (roots() == 0 || timers().next() == kNever) return false;
    now_ = timers().next();
    timers().expire(now_);
    return true;
  }

  /// The lane's jobs stay in their order; the next one may have begun when the loop hears of this one.
  Task<> work(Lane lane, Job job, Signal& done) {
    Busy& busy = busy_[static_cast<std::size_t>(lane)];
    busy.begun = std::max(busy.begun, now_) + some_time();
    busy.known = std::max(busy.begun, busy.known) + some_time();
    const TimePoint known = busy.known;
    co_await sleep_until(*this, busy.begun);
    job();
    co_await sleep_until(*this, known);
    done.raise();
  }

  Duration some_time() { return Duration(1 + pick(static_cast<std::size_t>(slowest_.count()))); }
  std::size_t pick(std::size_t count) { return generator_() % count; }

  bool shuffle_;
  std::mt19937_64 generator_;
  TimePoint now_{std::chrono::hours(1)};
  std::vector<Pending> lanes_[kLanes];
  std::uint64_t jobs_ = 0;
  Duration slowest_{};
  Busy busy_[kLanes];
};

}  // namespace postroom::testing
