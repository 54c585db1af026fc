// How much memory is in use, for tests of what something costs.
#pragma once

#include <cstddef>
#include <malloc.h>

// Sanitizers have a heap of their own; g++ has no header that says so.
#ifdef POSTROOM_SANITIZED
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace postroom::testing {
inline std::size_t heap() {
#ifdef POSTROOM_SANITIZED
  return __sanitizer_get_current_allocated_bytes();
#else
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
#endif
}
}  // namespace postroom::testing
