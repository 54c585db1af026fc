// A folder of backups. Blocks are kept once, by their hash, however many backups they are part of; so each
// backup is whole, and costs what has changed since the one before.
//
//   postroom-backups    says what the folder is, and is locked by whoever uses it
//   blocks/ab/cdef…     by the first two digits of the hash and the rest
//   backups/TIME        a manifest: what is part of that backup; it comes last
//
// Everything is written under another name, synced, then renamed: there is never half a file.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "server/backup/disk_file.h"
#include "server/backup/manifest.h"

namespace postroom::backup {

class Repository {
 public:
  /// write: makes the folder; nobody else may use it. read: it must be one.
  enum class Use { read, write };
  Repository(std::filesystem::path folder, Use use);
  Repository(const Repository&) = delete;
  Repository& operator=(const Repository&) = delete;
  ~Repository();

  const std::filesystem::path& folder() const { return folder_; }

  /// The oldest first: names are times.
  std::vector<std::string> names() const;
  Manifest manifest(const std::string& name) const;
  /// The block's bytes, if they are what they should be. Throws BackupFault.
  std::string block(const std::string& hash, std::uint64_t length) const;

  /// False: it is there already.
  bool put(const std::string& hash, std::string_view bytes);
  /// All that was put and the manifest are durable when it returns.
  void add(const std::string& name, const Manifest& manifest);
  bool has(const std::string& name) const;
  void remove(const std::string& name);
  /// Removes blocks that are part of no backup, and what an interrupted run has left; how many. Throws
  /// BackupFault, having removed nothing, when it cannot be told which they are.
  std::size_t sweep();

 private:
  std::filesystem::path path_of(const std::string& hash) const;
  std::filesystem::path list_of(const std::string& name) const;
  std::set<std::string> used() const;
  /// What was put becomes visible, by its name.
  void settle();

  /// Written, not yet synced.
  struct Fresh {
    DiskFile file;
    std::filesystem::path name;
  };

  const std::filesystem::path folder_;
  std::optional<FolderLock> lock_;
  std::vector<Fresh> fresh_;
  std::set<std::string> fresh_hashes_;
  std::set<std::filesystem::path> changed_;  // folders that are to be synced
};

/// A backup's name: "2026-11-30T07-30-00Z".
bool is_backup_name(std::string_view name);

}  // namespace postroom::backup
