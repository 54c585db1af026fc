// Files of backups on the disk: made privately, written durably, and what fails is told by name.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace postroom::backup {

/// A file that is being written, of mode 0600; what it held before is gone. Throws BackupFault.
class DiskFile {
 public:
  explicit DiskFile(std::filesystem::path path);
  DiskFile(DiskFile&& other) noexcept;
  DiskFile& operator=(DiskFile&&) = delete;
  ~DiskFile();

  void write(std::uint64_t offset, std::string_view bytes);
  void sync();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int descriptor_;
};

/// What was made, renamed or removed in it is durable. Throws BackupFault.
void sync_folder(const std::filesystem::path& folder);
/// Makes it with mode 0700 when it is missing. Throws BackupFault.
void make_folder(const std::filesystem::path& folder);
/// All of a file of at most `most` bytes. Throws BackupFault.
std::string read_file(const std::filesystem::path& path, std::uint64_t most);

/// Holds a file's lock while it lives: alone, or beside others that share it. Throws BackupFault when another
/// process has it.
class FolderLock {
 public:
  enum class Kind { alone, shared };
  FolderLock(const std::filesystem::path& file, Kind kind);
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();

 private:
  int descriptor_;
};

}  // namespace postroom::backup
