// RFC 9394 3.1, 4.
#include "protocols/imap/partial_range.h"

#include <algorithm>

namespace postroom::imap {

UidSet PartialRange::of(const UidSet& results) const {
  const std::uint64_t count = results.size();
  const std::uint64_t near = std::min(first, last);
  const std::uint64_t far = std::min<std::uint64_t>(std::max(first, last), count);
  if (near > far) return {};
  const std::uint64_t begin = from_end ? count - far : near - 1;
  const std::uint64_t end = from_end ? count - near + 1 : far;
  const UidSet head = results.head(end);
  return begin > 0 ? head.after(results.at(begin - 1)) : head;
}

PartialRange parse_partial_range(Cursor& in) {
  PartialRange range;
  range.from_end = in.take("-");
  range.first = in.nz_number();
  in.need(range.from_end ? ":-" : ":");
  range.last = in.nz_number();
  return range;
}

std::string format(const PartialRange& range) {
  const std::string sign = range.from_end ? "-" : "";
  return sign + std::to_string(range.first) + ":" + sign + std::to_string(range.last);
}

}  // namespace postroom::imap
