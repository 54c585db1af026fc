// Where a backup is put together again, before anything of it counts.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "server/backup/disk_file.h"
#include "server/backup/manifest.h"

namespace postroom::backup {

class Repository;

/// Throws BackupFault if `folder` holds a database, or what a crashed server has left of one: SQLite would
/// take the log of the old one for the new one's, and it may be the only copy of some mail.
void refuse_database(const std::filesystem::path& folder);

/// A database under a name of its own in a folder, and small files in memory. What is not installed is
/// removed at the end.
class Staging {
 public:
  explicit Staging(const std::filesystem::path& folder);
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;
  ~Staging();

  /// The bytes have this hash, which was checked.
  void database_block(std::size_t index, const std::string& hash, std::string_view bytes);
  void file(const std::string& hash, std::string bytes);

  /// All that the manifest names was put here, and nothing else; it is on the disk. Throws BackupFault.
  void complete(const Manifest& manifest);
  const std::filesystem::path& database() const { return path_; }

  /// Gives all of it its names in the folder: the files first, the database last, so that there is none until
  /// all is there. Throws BackupFault when a file of another content is there already.
  void install(const Manifest& manifest);

 private:
  std::string bytes_of(const BackedFile& file) const;

  const std::filesystem::path folder_;
  const std::filesystem::path path_;
  DiskFile database_;
  std::vector<std::string> hashes_;
  std::map<std::string, std::string> files_;  // by hash
  std::size_t in_files_ = 0;
};

/// Puts one backup of a repository into a staging folder.
Manifest read_repository(const Repository& repository, const std::string& name, Staging& staging);

}  // namespace postroom::backup
