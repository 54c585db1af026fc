// Checkpoints: copy the WAL into the database beside the writer, so that no delivery waits for one.
//
// While the writer goes on, a checkpoint never reaches the end of the WAL, and the WAL starts afresh only
// when all of it was copied. So most is copied beside the writer, again and again until little is left; for
// that little the writer is held between two groups, for milliseconds.
#pragma once

#include "storage/sqlite/writer.h"

namespace postroom::sqlite {

class Checkpointer {
 public:
  /// Works when there are `pages` in the WAL.
  Checkpointer(Runtime& runtime, Writer& writer, Reserve& reserve, Connection db, std::uint32_t pages);
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  /// A group was committed; there are so many pages in the WAL now.
  void committed(std::uint32_t wal_pages);
  /// However little there is in the WAL.
  void begin();

  /// Waits for what is under way and empties the WAL. No writer may be at work.
  Task<> finish();

 private:
  Task<> run();
  Task<> copy_beside();
  Task<> copy_rest();
  Task<Connection::Checkpoint> checkpoint(Connection::CheckpointMode mode);
  /// On the checkpointer's thread.
  Connection::Checkpoint perform_checkpoint(Connection::CheckpointMode mode);

  Runtime& runtime_;
  Writer& writer_;
  Reserve& reserve_;
  Connection db_;
  const std::uint32_t pages_;
  std::uint32_t wal_pages_ = 0;
  std::uint32_t due_at_;
  bool nearly_done_ = false;  // what is left is worth holding the writer for
  bool running_ = false;
  Signal ended_;
};

}  // namespace postroom::sqlite
