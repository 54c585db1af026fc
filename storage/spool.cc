// Spool: what is more than it may hold goes to the store in pieces of the same size.
#include "storage/spool.h"

#include <algorithm>

#include "storage/store.h"

namespace postroom {

Spool::~Spool() {
  if (staged_) store_.abandon(*staged_);
}

Task<> Spool::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t count = std::min(bytes.size(), kHeld - held_.size());
    // Doubling beyond half would end up above the limit.
    if (held_.size() + count > kHeld / 2) held_.reserve(kHeld);
    held_.append(bytes.substr(0, count));
    bytes.remove_prefix(count);
    if (held_.size() < kHeld) co_return;
    staged_ = co_await store_.stage(staged_, held_);
    staged_size_ += kHeld;
  }
}

}  // namespace postroom
