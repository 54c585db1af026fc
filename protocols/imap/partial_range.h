// PartialRange: some of many results, by their places (RFC 9394 3.1). Pure.
#pragma once

#include "protocols/imap/cursor.h"

namespace postroom::imap {

/// RFC 9394 4 partial-range: "1:500", or "-1:-500" counted from the end. As written: the larger may come
/// first.
struct PartialRange {
  bool from_end = false;
  std::uint32_t first = 1;
  std::uint32_t last = 1;

  /// Those of `results` at these places.
  UidSet of(const UidSet& results) const;
};

PartialRange parse_partial_range(Cursor& in);
/// As it was written.
std::string format(const PartialRange& range);

}  // namespace postroom::imap
