// Collector: removes in the background what nobody refers to any more, in short transactions that give way.
//
// Runs only while there is something to remove; what may still be read is left for a while.
#pragma once

#include <atomic>
#include <chrono>

#include "storage/sqlite/checkpointer.h"
#include "storage/sqlite/text_index.h"

namespace postroom::sqlite {

class Collector {
 public:
  /// `entry`: who deletes entries of the text index.
  Collector(Runtime& runtime, Writer& writer, Checkpointer& checkpointer, const SliceLimit& limit,
            std::chrono::seconds keep, EntryOf entry);
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  /// Removes what an earlier server left, and from now on what comes of age by itself.
  void start();
  /// For how long after it came the trace of a mail is kept.
  void keep_trace(std::chrono::seconds time) { keep_trace_ = time; }
  /// There may be something to do.
  void wake();
  /// The disk is full: what may still be read is removed too, and every free page given back.
  void hurry();
  /// Called on the loop when there are entries of the text index to be deleted before their contents; wake()
  /// when they are.
  void on_entries(std::function<void()> told) { told_entries_ = std::move(told); }
  /// Staged content nobody will deliver.
  void drop(ContentId staged);

  /// Stops after the present transaction; what is left is done after the next start.
  Task<> finish();

 private:
  /// What one transaction found.
  struct Found {
    Found() = default;
    bool more = false;                  ///< to be removed now
    bool entries = false;               ///< entries of the text index are to be deleted
    std::optional<std::int64_t> later;  ///< when there will be: dropped at, Unix seconds
  };

  Task<> run();
  Task<> work_through();
  /// The same, its fault logged; false: there was one.
  Task<bool> work();
  Task<Found> collect();
  Found collect_slice(Connection& db, WallTime now, const std::vector<ContentId>& staged) const;
  bool give_pages_back(Connection& db) const;

  Runtime& runtime_;
  Writer& writer_;
  Checkpointer& checkpointer_;
  const SliceLimit limit_;
  const std::chrono::seconds keep_;
  const EntryOf entry_;
  std::atomic<std::chrono::seconds> keep_trace_{
      std::chrono::seconds(0)};  // set on the loop, read by the writer
  bool started_ = false;
  std::function<void()> told_entries_ = [] {};
  std::vector<ContentId> staged_;
  bool running_ = false;
  bool wanted_ = false;  // wake() was called since the last transaction
  bool stopping_ = false;
  std::atomic<bool> hurrying_ = false;
  Signal news_;
  Signal ended_;
};

}  // namespace postroom::sqlite
