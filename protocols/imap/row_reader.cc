// Reads rows in slices.
#include "protocols/imap/row_reader.h"

namespace postroom::imap {

Task<std::vector<MessageRow>> RowReader::next() {
  // The store is handed slices, since a set of many runs is long to copy.
  constexpr std::uint64_t kSlice = 4096;
  std::vector<MessageRow> rows;
  while (rows.empty() && !(slice_.empty() && left_.empty())) {
    if (slice_.empty()) {
      slice_ = left_.head(kSlice);
      left_ = left_.after(slice_.last());
    }
    rows = co_await session_.store().fetch(session_.view->mailbox(), slice_, want_);
    const std::uint64_t asked = rows.empty() ? slice_.size() : slice_.count_below(rows.back().uid) + 1;
    some_gone_ = some_gone_ || rows.size() < asked;
    slice_ = rows.empty() ? UidSet() : slice_.after(rows.back().uid);
  }
  co_return rows;
}

}  // namespace postroom::imap
