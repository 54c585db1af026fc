// Runtime: clock, randomness, worker lanes and the coroutines that run: the seams a simulation replaces.
//
// server/uv_runtime.h is the real one; tests/support/sim_runtime.h has virtual time and a seeded order.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <span>

#include "base/task.h"

namespace postroom {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = Clock::duration;
using WallTime = std::chrono::sys_seconds;
inline constexpr TimePoint kNever = TimePoint::max();

class Signal;

/// What waits until when. Pure: whoever drives it says what time it is.
class TimerQueue {
 public:
  void add(TimePoint when, Signal& signal) {
    if (when != kNever) timers_.emplace(when, &signal);
  }
  void remove(TimePoint when, Signal& signal) {
    if (when != kNever) timers_.erase({when, &signal});
  }
  TimePoint next() const { return timers_.empty() ? kNever : timers_.begin()->first; }
  void expire(TimePoint now);

 private:
  std::set<std::pair<TimePoint, Signal*>> timers_;
};

/// The worker threads, by what their work may wait for. A lane runs its jobs in the order they were
/// submitted.
enum class Lane : std::uint8_t {
  writer,      ///< one thread: the store's write transactions
  checkpoint,  ///< one thread: WAL checkpoints
  reader,      ///< several threads: the store's read transactions
  compute,     ///< MIME parsing, searching
  hash,        ///< password hashing: slow on purpose, and whoever guesses passwords has much of it
};
inline constexpr std::size_t kLanes = 5;

class Runtime {
 public:
  using Job = std::function<void()>;

  virtual ~Runtime() = default;

  /// Steady time for deadlines; stands still between two turns of the loop.
  virtual TimePoint now() const = 0;
  /// The time of day, for dates that people see.
  virtual WallTime wall_now() const = 0;
  virtual void random(std::span<std::byte> out) = 0;

  /// Runs `job` (which must not throw) on a thread of `lane`, then raises `done` on the loop.
  virtual void submit(Lane lane, Job job, Signal& done) = 0;

  /// Starts a root coroutine. It owns what it needs or outlives it by a Gate, and it catches what it throws.
  void spawn(Task<> root) { run_root(*this, std::move(root)); }

  ReadyQueue& ready() { return ready_; }
  TimerQueue& timers() { return timers_; }

 protected:
  /// How many spawned coroutines have not finished.
  std::size_t roots() const { return roots_; }

 private:
  struct Root {
    struct promise_type {
      promise_type(Runtime& runtime, const Task<>&) : ready(&runtime.ready_) {}
      ReadyQueue* ready;
      Root get_return_object() noexcept { return {}; }
      std::suspend_never initial_suspend() noexcept { return {}; }
      std::suspend_never final_suspend() noexcept { return {}; }
      void return_void() {}
      void unhandled_exception() noexcept { std::terminate(); }
    };
  };
  static Root run_root(Runtime& runtime, Task<> task) {
    ++runtime.roots_;
    co_await std::move(task);
    --runtime.roots_;
  }

  ReadyQueue ready_;
  TimerQueue timers_;
  std::size_t roots_ = 0;
};

}  // namespace postroom
