// Putting backups together: see staging.h.
#include "server/backup/staging.h"

#include <cerrno>
#include <system_error>
#include <unistd.h>

#include "server/backup/repository.h"
#include "server/private_file.h"

namespace postroom::backup {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostInFiles = 128 << 20;
/// A database of 500 GB.
constexpr std::size_t kMostBlocks = 4'000'000;

void remove_database(const fs::path& path) {
  std::error_code ignored;
  for (const char* end : {"", "-wal", "-shm", "-journal"}) fs::remove(path.string() + end, ignored);
}

/// Folders below `folder` that a file's name leads through.
void make_way(const fs::path& folder, const fs::path& name) {
  fs::path way = folder;
  for (const fs::path& part : name.parent_path()) {
    make_folder(way /= part);
    // Root restores; who owns the folder must not be able to say where to.
    if (fs::is_symlink(way)) throw BackupFault(way.string() + " is a link: move it away");
  }
}

}  // namespace

void refuse_database(const fs::path& folder) {
  std::error_code ignored;
  for (const char* name : {"postroom.db", "postroom.db-wal", "postroom.db-journal", "postroom.db-shm"})
    if (fs::exists(folder / name, ignored))
      throw BackupFault("there is a database in " + folder.string() + " already, or some of one (" + name +
                        "). Stop the server and move the folder away, or name another one as `data`.");
}

Staging::Staging(const fs::path& folder)
    : folder_(folder),
      path_((remove_database(folder / "postroom.restoring"), folder / "postroom.restoring")),
      database_(path_) {}

Staging::~Staging() { remove_database(path_); }

void Staging::database_block(std::size_t index, const std::string& hash, std::string_view bytes) {
  if (index >= kMostBlocks) throw BackupFault("its database is larger than any can be");
  if (hashes_.size() <= index) hashes_.resize(index + 1);
  hashes_[index] = hash;
  database_.write(std::uint64_t{index} * kBlockSize, bytes);
}

void Staging::file(const std::string& hash, std::string bytes) {
  in_files_ += bytes.size();
  if (in_files_ > kMostInFiles || files_.size() >= kMostFiles) throw BackupFault("it has too many files");
  files_[hash] = std::move(bytes);
}

std::string Staging::bytes_of(const BackedFile& file) const {
  const auto found = files_.find(file.block);
  if (found == files_.end() || found->second.size() != file.size)
    throw BackupFault("the file " + file.name + " is not in it");
  return found->second;
}

void Staging::complete(const Manifest& manifest) {
  if (hashes_ != manifest.blocks) throw BackupFault("it does not hold the database that it should");
  for (const BackedFile& each : manifest.files) bytes_of(each);
  database_.sync();
  std::error_code error;
  if (fs::file_size(path_, error) != manifest.database_size || error)
    throw BackupFault("it does not hold the database that it should");
}

void Staging::install(const Manifest& manifest) {
  for (const BackedFile& each : manifest.files) {
    make_way(folder_, each.name);
    const std::string bytes = bytes_of(each);
    const fs::path path = folder_ / each.name;
    if (create_private_file(path, bytes)) continue;
    if (read_file(path, kMostFileSize) != bytes)
      throw BackupFault(path.string() +
                        " is there already, and another one than in the backup: move it away");
  }
  std::error_code none;
  const fs::path unwritten = path_.string() + "-wal";
  if (fs::exists(unwritten, none) && fs::file_size(unwritten, none) != 0)
    throw BackupFault("SQLite has not written all of " + path_.string());
  const fs::path name = folder_ / "postroom.db";
  refuse_database(folder_);
  if (::link(path_.c_str(), name.c_str()) != 0)
    throw BackupFault("cannot make " + name.string() + ": " + std::generic_category().message(errno));
  ::unlink(path_.c_str());
  sync_folder(folder_);
}

Manifest read_repository(const Repository& repository, const std::string& name, Staging& staging) {
  Manifest manifest = repository.manifest(name);
  for (std::size_t index = 0; index < manifest.blocks.size(); ++index) {
    const std::string& hash = manifest.blocks[index];
    staging.database_block(index, hash, repository.block(hash, manifest.block_length(index)));
  }
  for (const BackedFile& each : manifest.files)
    staging.file(each.block, repository.block(each.block, each.size));
  staging.complete(manifest);
  return manifest;
}

}  // namespace postroom::backup
