// Times as the database holds them: Unix seconds.
#pragma once

#include <cstdint>

#include "base/runtime.h"

namespace postroom::sqlite {

inline std::int64_t seconds(WallTime time) { return time.time_since_epoch().count(); }
inline WallTime time_of(std::int64_t seconds) { return WallTime(std::chrono::seconds(seconds)); }

}  // namespace postroom::sqlite
