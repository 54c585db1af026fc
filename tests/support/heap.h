// How much memory is in use, for tests of what something costs.
#pragma once

#include <cstddef>
#include <malloc.h>

// Sanitizers have a heap of their own.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define POSTROOM_OTHER_HEAP
#endif
#endif

#ifndef POSTROOM_OTHER_HEAP
namespace postroom::testing {
inline std::size_t heap() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}
}  // namespace postroom::testing
#endif
