// Runs one coroutine to its end on a SimRuntime and hands out its result: how a test calls the store.
#pragma once

#include <optional>
#include <stdexcept>
#include <type_traits>

#include "tests/support/sim_runtime.h"

namespace postroom::testing {

namespace detail {
template <class T>
Task<> keep_result(Task<T> task, std::optional<T>& result, std::exception_ptr& error) {
  try {
    result = co_await std::move(task);
  } catch (...) {
    error = std::current_exception();
  }
}
inline Task<> keep_result(Task<> task, std::optional<bool>& result, std::exception_ptr& error) {
  try {
    co_await std::move(task);
    result = true;
  } catch (...) {
    error = std::current_exception();
  }
}
}  // namespace detail

/// The task's result, or what it threw. No virtual time passes: std::logic_error if it waits for some to.
template <class T>
T await(SimRuntime& runtime, Task<T> task) {
  std::optional<std::conditional_t<std::is_void_v<T>, bool, T>> result;
  std::exception_ptr error;
  runtime.spawn(detail::keep_result(std::move(task), result, error));
  runtime.settle();
  if (error) std::rethrow_exception(error);
  if (!result) throw std::logic_error("the task waits for time to pass");
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace postroom::testing
