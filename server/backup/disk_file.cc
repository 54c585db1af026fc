// Files of backups: see disk_file.h.
#include "server/backup/disk_file.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "server/backup/manifest.h"

namespace postroom::backup {

namespace {

[[noreturn]] void cannot(const std::string& what, const std::filesystem::path& path, int error) {
  throw BackupFault("cannot " + what + " " + path.string() + ": " + std::generic_category().message(error));
}

}  // namespace

DiskFile::DiskFile(std::filesystem::path path)
    : path_(std::move(path)),
      descriptor_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600)) {
  if (descriptor_ < 0) cannot("make", path_, errno);
}

DiskFile::DiskFile(DiskFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

DiskFile::~DiskFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void DiskFile::write(std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) cannot("write", path_, errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
}

void DiskFile::sync() {
  if (::fsync(descriptor_) != 0) cannot("write", path_, errno);
}

void sync_folder(const std::filesystem::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) cannot("open", folder, errno);
  const int error = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  if (error != 0) cannot("write", folder, error);
}

void make_folder(const std::filesystem::path& folder) {
  if (::mkdir(folder.c_str(), 0700) == 0)
    return sync_folder(folder.has_parent_path() ? folder.parent_path() : std::filesystem::path("."));
  const int error = errno;
  std::error_code ignored;
  if (error == EEXIST && std::filesystem::is_directory(folder, ignored)) return;
  cannot("make the folder", folder, error == EEXIST ? ENOTDIR : error);
}

std::string read_file(const std::filesystem::path& path, std::uint64_t most) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) cannot("read", path, errno);
  std::string bytes;
  char piece[64 << 10];
  ssize_t count = 0;
  while ((count = ::read(descriptor, piece, sizeof piece)) != 0 && bytes.size() <= most) {
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) break;
    bytes.append(piece, static_cast<std::size_t>(count));
  }
  const int error = errno;
  ::close(descriptor);
  if (count < 0) cannot("read", path, error);
  if (bytes.size() > most) throw BackupFault(path.string() + " is longer than it may be");
  return bytes;
}

// A backup may be read from where nothing can be written.
FolderLock::FolderLock(const std::filesystem::path& file, Kind kind)
    : descriptor_(kind == Kind::alone ? ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)
                                      : ::open(file.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor_ < 0) cannot("open", file, errno);
  if (::flock(descriptor_, (kind == Kind::alone ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0) return;
  const int error = errno;
  ::close(descriptor_);
  if (error != EWOULDBLOCK) cannot("lock", file, error);
  throw BackupFault("another postroom backup, verify or restore is at work in " +
                    file.parent_path().string());
}

FolderLock::~FolderLock() { ::close(descriptor_); }

}  // namespace postroom::backup
