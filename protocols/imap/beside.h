// Work on many things that would hold the loop for too long, done beside it.
#pragma once

#include <algorithm>

#include "base/signal.h"

namespace postroom::imap {

/// Calls work(i) for each i below `count`, in order, on a worker thread: so many at a time that others, who
/// want to log in, need not wait long for one.
template <class Work>
Task<> for_each_beside(Runtime& runtime, std::size_t count, Work& work) {
  constexpr std::size_t kBatch = 256;
  for (std::size_t first = 0; first < count; first += kBatch) {
    const std::size_t end = std::min(first + kBatch, count);
    auto job = [&work, first, end] {
      for (std::size_t i = first; i < end; ++i) work(i);
    };
    co_await perform(runtime, Lane::compute, job);
  }
}

}  // namespace postroom::imap
