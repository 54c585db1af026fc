// Times as parameters of SMTP have them: RFC 3339 5.6. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/runtime.h"

namespace postroom::smtp {

/// "2026-12-24T18:00:00Z", "2026-12-24T19:00:00.5+01:00". What is left of a second counts for nothing.
std::optional<WallTime> parse_date_time(std::string_view text);
/// In UTC.
std::string format_date_time(WallTime time);

}  // namespace postroom::smtp
