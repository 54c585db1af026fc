// Spool: one incoming message on its way into the store. Memory first; what does not fit goes into the
// database at once, as content that no mailbox refers to yet, in transactions of their own. So a large
// message costs constant memory, a full disk is noticed while it comes in, and no transaction is long.
#pragma once

#include <string>
#include <string_view>

#include "base/task.h"
#include "storage/types.h"

namespace postroom {

class Store;

class Spool {
 public:
  explicit Spool(Store& store);
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;
  /// Staged content that was not delivered is dropped by the store, later.
  ~Spool();

  /// Adds to the end; waits while the store writes what is held. Throws StoreFault.
  Task<> append(std::string_view bytes);

  std::uint64_t size() const { return staged_size_ + held_.size(); }

  /// Bytes it takes before something goes to the store; at least 1.
  std::size_t room() const;

  /// Bytes held in memory before they go to the store.
  static constexpr std::size_t kHeld = 1 << 20;
  /// While all spools together take more memory than this, each takes no more than a piece: clients that stop
  /// in the middle of a message cost little, however many they are.
  static constexpr std::size_t kHeldByAll = 64 << 20;
  /// What goes to the store is a whole number of these.
  static constexpr std::size_t kPiece = 64 << 10;

  // For the store.
  std::string& held() { return held_; }
  std::optional<ContentId> staged() const { return staged_; }
  /// The store wrote all of it, with its facts, as this staged content.
  void settled(ContentId content);
  bool is_settled() const { return is_settled_; }
  /// The store made the content its own.
  void delivered();

 private:
  std::size_t capacity() const;
  void count();
  void make_room(std::size_t size);

  Store& store_;
  std::string held_;
  std::optional<ContentId> staged_;
  std::uint64_t staged_size_ = 0;
  bool is_settled_ = false;
  std::size_t counted_ = 0;  // of the memory that all take
};

}  // namespace postroom
