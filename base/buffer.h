// Buffer: bytes that have arrived and are not yet understood. Bounded, and without memory while it is empty.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace postroom {

class Buffer {
 public:
  /// Holds at most `limit` bytes.
  explicit Buffer(std::size_t limit) : limit_(limit) {}

  std::string_view view() const { return std::string_view(bytes_).substr(begin_); }
  std::size_t size() const { return bytes_.size() - begin_; }
  bool empty() const { return size() == 0; }
  /// The memory it keeps.
  std::size_t capacity() const { return bytes_.capacity(); }
  /// How many more bytes it takes.
  std::size_t room() const { return limit_ - size(); }

  /// Adds at the end; no more than room().
  void append(std::string_view bytes) {
    assert(bytes.size() <= room());
    if (begin_ > 0 && bytes_.size() + bytes.size() > bytes_.capacity()) compact();
    bytes_.append(bytes);
  }

  /// Moves what `from` holds to the end, as far as there is room, and says how much; without a copy where
  /// nothing is held yet.
  std::size_t take(Buffer& from) {
    const std::size_t count = std::min(room(), from.size());
    if (empty() && count == from.size()) {
      clear();
      std::swap(begin_, from.begin_);
      bytes_.swap(from.bytes_);
      return count;
    }
    append(from.view().substr(0, count));
    from.consume(count);
    return count;
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
    clear();
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
