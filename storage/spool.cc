// Spool: what is more than it may hold goes to the store in pieces.
#include "storage/spool.h"

#include <algorithm>
#include <utility>

#include "storage/store.h"

namespace postroom {

Spool::Spool(Store& store) : store_(store) {}

Spool::~Spool() {
  held_.clear();
  count();
  if (staged_) store_.abandon(*staged_);
}

std::size_t Spool::capacity() const { return store_.held_by_spools > kHeldByAll ? kPiece : kHeld; }

std::size_t Spool::room() const { return std::max(capacity(), held_.size() + 1) - held_.size(); }

void Spool::count() {
  store_.held_by_spools += held_.size();
  store_.held_by_spools -= std::exchange(counted_, held_.size());
}

Task<> Spool::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t limit = capacity();
    const std::string_view slice = bytes.substr(0, room());
    bytes.remove_prefix(slice.size());
    // Doubling beyond half would end up above the limit.
    if (held_.size() + slice.size() > kHeld / 2) held_.reserve(kHeld);
    held_ += slice;
    count();
    if (held_.size() < limit) co_return;
    const std::size_t before = held_.size();
    staged_ = co_await store_.stage(staged_, held_);
    staged_size_ += before - held_.size();
    if (capacity() < kHeld) held_.shrink_to_fit();
    count();
  }
}

void Spool::settled(ContentId content) {
  staged_ = content;
  staged_size_ += held_.size();
  is_settled_ = true;
  std::string().swap(held_);
  count();
}

void Spool::delivered() {
  staged_.reset();
  std::string().swap(held_);
  count();
}

}  // namespace postroom
