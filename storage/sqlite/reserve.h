// Reserve: room on the disk that is kept for removing mail. Without it nothing could be deleted from a full
// disk: a deletion is written before it frees anything.
#pragma once

#include <atomic>
#include <filesystem>
#include <mutex>

#include "storage/types.h"

namespace postroom::sqlite {

class Reserve {
 public:
  /// The file that takes the room; an empty path: none is kept.
  explicit Reserve(std::filesystem::path file) : file_(std::move(file)), whole_(file_.empty()) {}

  /// Takes as much as there is, up to kWhole. Blocks on the disk. Any thread.
  void keep() noexcept;
  /// Gives the room back to the disk. False: there was none. Any thread.
  bool give() noexcept;
  /// While it is not, nothing else may take the room that is left.
  bool whole() const { return whole_; }

  /// Twice the WAL at which a checkpoint begins.
  static constexpr long kWhole = 8 << 20;
  static constexpr long kLeast = 1 << 20;

 private:
  const std::filesystem::path file_;
  std::mutex mutex_;
  std::atomic<bool> whole_;
};

/// Where the reserve of a database lies.
inline std::filesystem::path reserve_beside(const std::filesystem::path& database) {
  return database.string() + "-reserve";
}

/// Opens something with `open`; if the disk is full, once more with the room of the reserve.
template <class Open>
auto open_on_full_disk(const std::filesystem::path& reserve, Open open) {
  try {
    return open();
  } catch (const StoreFull&) {
    if (!Reserve(reserve).give()) throw;
  }
  return open();
}

}  // namespace postroom::sqlite
