// Spool: what is more than it may hold goes to the store in pieces.
#include "storage/spool.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "storage/store.h"

namespace postroom {

Spool::Spool(Store& store) : store_(store) {}

Spool::~Spool() {
  store_.held_by_spools -= counted_;
  if (staged_) store_.abandon(*staged_);
}

std::size_t Spool::capacity() const { return store_.held_by_spools > kHeldByAll ? kPiece : kHeld; }

std::size_t Spool::room() const { return std::max(capacity(), held_.size() + 1) - held_.size(); }

void Spool::count() {
  const std::size_t memory = held_.capacity() > std::string().capacity() ? held_.capacity() : 0;
  store_.held_by_spools += memory;
  store_.held_by_spools -= std::exchange(counted_, memory);
}

// In powers of two, as a piece and the most it may hold are: so it takes no more than these.
void Spool::make_room(std::size_t size) {
  if (size <= held_.capacity()) return;
  std::string larger;
  larger.reserve(std::bit_ceil(size));
  larger += held_;
  held_.swap(larger);
}

Task<> Spool::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t limit = capacity();
    const std::string_view slice = bytes.substr(0, room());
    bytes.remove_prefix(slice.size());
    make_room(held_.size() + slice.size());
    held_ += slice;
    count();
    if (held_.size() < limit) co_return;
    const std::size_t before = held_.size();
    staged_ = co_await store_.stage(staged_, held_);
    staged_size_ += before - held_.size();
    if (capacity() < kHeld) held_.shrink_to_fit();  // a client that stops now may stop for long
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
