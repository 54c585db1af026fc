// Buffer: bytes that have arrived and are not yet understood. Bounded, and without memory while it is empty.
#pragma once

#include <cassert>
#include <cstddef>
#include <string>
#include <string_view>

namespace postroom {

class Buffer {
 public:
  /// Holds at most `limit` bytes.
  explicit Buffer(std::size_t limit) : limit_(limit) {}

  std::string_view view() const { return std::string_view(bytes_).substr(begin_); }
  std::size_t size() const { return bytes_.size() - begin_; }
  bool empty() const { return size() == 0; }
  /// How many more bytes it takes.
  std::size_t room() const { return limit_ - size(); }

  /// Adds at the end; no more than room().
  void append(std::string_view bytes) {
    assert(bytes.size() <= room());
    if (begin_ > 0 && bytes_.size() + bytes.size() > bytes_.capacity()) compact();
    bytes_.append(bytes);
  }

  /// Drops the first `count` bytes. Views taken before stay good until the next append() or clear().
  void consume(std::size_t count) {
    assert(count <= size());
    begin_ += count;
  }

  void clear() {
    begin_ = 0;
    bytes_.clear();
  }

  /// Gives the memory back if nothing is held; called before a wait that may be long.
  void shrink_if_empty() {
    if (!empty()) return;
    begin_ = 0;
    if (bytes_.capacity() > std::string().capacity()) std::string().swap(bytes_);
  }

 private:
  void compact() {
    bytes_.erase(0, begin_);
    begin_ = 0;
  }

  std::size_t limit_;
  std::size_t begin_ = 0;
  std::string bytes_;
};

}  // namespace postroom
