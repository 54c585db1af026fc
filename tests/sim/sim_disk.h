// SimDisk: a disk in memory, seen by SQLite as a VFS, that forgets what was not synced when the power is cut.
//
// For one thread (SimRuntime runs every lane inline). What a real disk may do to writes since the last sync,
// a cut does: any of them may be lost, in any combination, each torn at the 512-byte sectors it spans. A new
// file exists for sure once it has been synced (as the unix VFS syncs its directory then); a deletion is sure
// when SQLite asked for the directory to be synced, else the file may come back.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

struct sqlite3_vfs;

namespace postroom::testing {

class SimDisk {
 public:
  SimDisk();
  SimDisk(const SimDisk&) = delete;
  SimDisk& operator=(const SimDisk&) = delete;
  ~SimDisk();

  /// The name to give to sqlite3_open_v2().
  const std::string& vfs_name() const { return name_; }

  /// Called before each sync and each write takes effect, with how many of both there were so far. What the
  /// disk would hold after a cut at this moment is after_power_cut().
  enum class Moment { sync, write };
  std::function<void(Moment)> before;

  enum class Loss {
    everything,  ///< nothing that was not synced is left
    nothing,     ///< all writes made it, as after kill -9
    some,        ///< each sector of each write by the toss of a coin
    tail,        ///< all up to some write, which is torn; nothing after it
  };
  /// The disk that the machine finds when it comes up again.
  std::unique_ptr<SimDisk> after_power_cut(Loss loss, std::uint64_t seed) const;

  /// The next writes that would take the files beyond so many bytes in all fail with SQLITE_FULL.
  std::uint64_t capacity = ~std::uint64_t{0};
  /// The next sync fails with an I/O error.
  bool fail_next_sync = false;

  std::uint64_t used() const;

  // For the VFS functions.

  struct Write {
    std::uint64_t offset;
    std::string bytes;  // empty: a truncation to `offset`
    bool truncation = false;
  };
  struct File {
    std::string current;         // what reads see
    std::string durable;         // what a cut leaves for sure
    std::vector<Write> pending;  // since the last sync
    bool durable_name = false;   // survives a cut
    // Locks of the rollback kind: how many handles hold them.
    int shared = 0;
    bool reserved = false;
    bool pending_lock = false;
    bool exclusive = false;
    // The WAL index.
    std::vector<std::unique_ptr<std::vector<char>>> shm;
    int shm_shared[8] = {};
    bool shm_exclusive[8] = {};
  };
  std::map<std::string, std::shared_ptr<File>> files;
  std::map<std::string, std::shared_ptr<File>> deleted;  // may come back

 private:
  std::string name_;
  std::unique_ptr<sqlite3_vfs> vfs_;
};

}  // namespace postroom::testing
