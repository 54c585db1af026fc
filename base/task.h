// Task<T>: a coroutine that starts when it is awaited, is awaited once, and is never destroyed while
// suspended.
//
// Cancelling is done by ending what a coroutine waits on (Stream::abort(), a deadline), so that frames unwind
// by exception and everything a pending operation points into stays alive until it has finished.
#pragma once

#include <cassert>
#include <coroutine>
#include <deque>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace postroom {

/// Coroutines that may run now, first in, first out. Only the Runtime resumes from it, never a callback.
class ReadyQueue {
 public:
  void push(std::coroutine_handle<> coroutine) { queue_.push_back(coroutine); }
  std::coroutine_handle<> pop() {
    const auto coroutine = queue_.front();
    queue_.pop_front();
    return coroutine;
  }
  bool empty() const { return queue_.empty(); }
  std::size_t size() const { return queue_.size(); }
  /// Brings the entry at `index` to the front; a simulation shuffles the order of waking with it.
  void prefer(std::size_t index) { std::swap(queue_.front(), queue_[index]); }

 private:
  std::deque<std::coroutine_handle<>> queue_;
};

template <class T>
class Task;

namespace detail {

struct PromiseBase {
  ReadyQueue* ready = nullptr;
  std::coroutine_handle<> parent;
  std::exception_ptr error;
  bool finished = false;  // coroutine_handle::done() is reported true too early by g++ 12

  std::suspend_always initial_suspend() noexcept { return {}; }

  struct FinalAwaiter {
    bool await_ready() noexcept { return false; }
    // A child that finishes after its parent suspended posts it: symmetric transfer needs a tail call that
    // g++ makes only at -O2, and a loop of awaits would grow the stack without it.
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> self) noexcept {
      self.promise().finished = true;
      if (self.promise().parent) self.promise().ready->push(self.promise().parent);
    }
    void await_resume() noexcept {}
  };
  FinalAwaiter final_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { error = std::current_exception(); }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;
  Task<T> get_return_object() noexcept;
  template <class U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T take() {
    if (error) std::rethrow_exception(error);
    return std::move(*value);
  }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object() noexcept;
  void return_void() {}
  void take() {
    if (error) std::rethrow_exception(error);
  }
};

}  // namespace detail

template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  explicit Task(Handle handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})), started_(other.started_) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (!handle_) return;
    assert((!started_ || handle_.promise().finished) && "a task is never destroyed while suspended");
    handle_.destroy();
  }

  class Awaiter {
   public:
    explicit Awaiter(Handle child) : child_(child) {}
    bool await_ready() noexcept { return false; }
    template <class ParentPromise>
    bool await_suspend(std::coroutine_handle<ParentPromise> parent) {
      auto& child = child_.promise();
      child.ready = parent.promise().ready;
      child_.resume();
      if (child.finished) return false;
      child.parent = parent;
      return true;
    }
    T await_resume() { return child_.promise().take(); }

   private:
    Handle child_;
  };

  Awaiter operator co_await() && noexcept {
    started_ = true;
    return Awaiter(handle_);
  }

 private:
  Handle handle_;
  bool started_ = false;
};

namespace detail {
template <class T>
Task<T> Promise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}

// g++ 12 copies an aggregate temporary bitwise when it stands in one full-expression with a co_await. What it
// would copy wrongly may therefore not be a by-value or const& parameter of a coroutine.
template <class Argument>
inline constexpr bool safe_parameter = [] {
  using Value = std::remove_cvref_t<Argument>;
  constexpr bool binds_temporary =
      !std::is_lvalue_reference_v<Argument> || std::is_const_v<std::remove_reference_t<Argument>>;
  // Asked only where it matters: what is passed by reference may be incomplete.
  if constexpr (binds_temporary)
    return !(std::is_aggregate_v<Value> && !std::is_trivially_destructible_v<Value>);
  return true;
}();
}  // namespace detail

}  // namespace postroom

template <class T, class... Arguments>
struct std::coroutine_traits<postroom::Task<T>, Arguments...> {
  static_assert(
      (postroom::detail::safe_parameter<Arguments> && ...),
      "declare `T() = default;` in structs passed to coroutines by value: g++ 12 miscompiles aggregates");
  using promise_type = typename postroom::Task<T>::promise_type;
};
