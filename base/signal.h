// Signal: the only thing a coroutine ever waits on.
#pragma once

#include "base/runtime.h"

namespace postroom {

enum class Wake { raised, deadline };

/// Level-triggered, one waiter. Whoever has news raises it; the waiter then looks at what is true. Loop
/// thread only.
class Signal {
 public:
  explicit Signal(Runtime& runtime) : runtime_(runtime) {}
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;
  ~Signal() { assert(!waiter_ && "a signal outlives its waiter"); }

  void raise() noexcept {
    raised_ = true;
    wake();
  }

  class Awaiter {
   public:
    Awaiter(Signal& signal, TimePoint deadline) : signal_(signal), deadline_(deadline) {}
    bool await_ready() noexcept { return signal_.raised_; }
    void await_suspend(std::coroutine_handle<> waiter) {
      assert(!signal_.waiter_ && "one waiter at a time");
      signal_.runtime_.timers().add(deadline_, signal_);  // may throw, and then nobody waits
      signal_.deadline_ = deadline_;
      signal_.waiter_ = waiter;
    }
    Wake await_resume() noexcept {
      return std::exchange(signal_.raised_, false) ? Wake::raised : Wake::deadline;
    }

   private:
    Signal& signal_;
    TimePoint deadline_;
  };

  /// Suspends until raised or until `deadline`. A signal already raised answers at once; waiting lowers it.
  Awaiter wait(TimePoint deadline = kNever) { return Awaiter(*this, deadline); }

  Runtime& runtime() const { return runtime_; }

 private:
  friend class TimerQueue;
  void wake() noexcept {
    if (!waiter_) return;
    runtime_.timers().remove(deadline_, *this);
    runtime_.ready().push(std::exchange(waiter_, {}));
  }

  Runtime& runtime_;
  std::coroutine_handle<> waiter_;
  TimePoint deadline_ = kNever;
  bool raised_ = false;
};

inline void TimerQueue::expire(TimePoint now) {
  while (!timers_.empty() && timers_.begin()->first <= now) timers_.begin()->second->wake();
}

/// Suspends for a time; until now(): for one turn of the loop, in which the network and all others are heard.
inline Task<> sleep_until(Runtime& runtime, TimePoint when) {
  Signal never(runtime);
  co_await never.wait(when);
}

/// Runs `job` on a lane's thread while the caller is suspended; returns its result or throws what it threw.
/// `job` may use what the awaiting frame owns and nothing else of the loop's.
template <class Job>
Task<std::invoke_result_t<Job&>> perform(Runtime& runtime, Lane lane, Job& job) {
  using Result = std::invoke_result_t<Job&>;
  Signal done(runtime);
  std::exception_ptr error;
  if constexpr (std::is_void_v<Result>) {
    runtime.submit(
        lane,
        [&job, &error]() noexcept {
          try {
            job();
          } catch (...) {
            error = std::current_exception();
          }
        },
        done);
    co_await done.wait();
    if (error) std::rethrow_exception(error);
  } else {
    std::optional<Result> result;
    runtime.submit(
        lane,
        [&job, &error, &result]() noexcept {
          try {
            result.emplace(job());
          } catch (...) {
            error = std::current_exception();
          }
        },
        done);
    co_await done.wait();
    if (error) std::rethrow_exception(error);
    co_return std::move(*result);
  }
}

}  // namespace postroom
