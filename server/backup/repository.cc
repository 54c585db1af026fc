// A folder of backups: see repository.h.
#include "server/backup/repository.h"

#include <algorithm>
#include <sys/stat.h>
#include <system_error>

#include "base/text.h"

namespace postroom::backup {

namespace fs = std::filesystem;

namespace {

constexpr const char* kMark = "postroom-backups";
constexpr std::string_view kUnfinished = ".new";
/// So many blocks are synced together: the disk does that faster than one by one.
constexpr std::size_t kFreshAtOnce = 64;
/// A manifest of a database of 500 GB.
constexpr std::uint64_t kMostManifest = 300 << 20;

bool holds_nothing(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_empty(folder, ignored);
}

/// Runs what std::filesystem throws in words of ours.
template <class F>
auto told(const fs::path& path, F&& run) {
  try {
    return run();
  } catch (const fs::filesystem_error& error) {
    throw BackupFault("cannot use " + path.string() + ": " + error.code().message());
  }
}

void rename_file(const fs::path& from, const fs::path& to) {
  told(to, [&] { fs::rename(from, to); });
}

}  // namespace

bool is_backup_name(std::string_view name) {
  constexpr std::string_view kShape = "0000-00-00T00-00-00Z";
  if (name.size() != kShape.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i)
    if (kShape[i] == '0' ? !is_digit(name[i]) : name[i] != kShape[i]) return false;
  return true;
}

Repository::Repository(fs::path folder, Use use) : folder_(std::move(folder)) {
  const fs::path mark = folder_ / kMark;
  std::error_code ignored;
  const bool marked = fs::is_regular_file(mark, ignored);
  if (use == Use::read) {
    if (!marked) throw BackupFault(folder_.string() + " holds no backups of Postroom");
    lock_.emplace(mark, FolderLock::Kind::shared);
    return;
  }
  make_folder(folder_);
  if (!marked && !holds_nothing(folder_))
    throw BackupFault(folder_.string() + " holds something else than backups of Postroom: name a new folder");
  lock_.emplace(mark, FolderLock::Kind::alone);
  make_folder(folder_ / "blocks");
  make_folder(folder_ / "backups");
  sync_folder(folder_);
}

/// What is not part of a backup yet is of no use: an exception is under way.
Repository::~Repository() {
  std::error_code ignored;
  for (const Fresh& each : fresh_) fs::remove(each.file.path(), ignored);
}

fs::path Repository::path_of(const std::string& hash) const {
  return folder_ / "blocks" / hash.substr(0, 2) / hash.substr(2);
}

fs::path Repository::list_of(const std::string& name) const { return folder_ / "backups" / name; }

std::vector<std::string> Repository::names() const {
  std::vector<std::string> names;
  told(folder_, [&] {
    for (const auto& entry : fs::directory_iterator(folder_ / "backups"))
      if (is_backup_name(entry.path().filename().string())) names.push_back(entry.path().filename().string());
  });
  std::ranges::sort(names);
  return names;
}

Manifest Repository::manifest(const std::string& name) const {
  try {
    return parse_manifest(read_file(list_of(name), kMostManifest));
  } catch (const BackupFault& fault) {
    throw BackupFault("backup " + name + ": " + fault.what());
  }
}

bool Repository::has(const std::string& name) const {
  std::error_code ignored;
  return fs::exists(list_of(name), ignored);
}

std::string Repository::block(const std::string& hash, std::uint64_t length) const {
  const fs::path path = path_of(hash);
  std::string bytes = read_file(path, length);
  if (bytes.size() != length || hash_of(bytes) != hash)
    throw BackupFault(path.string() + " is damaged: its bytes are not those that were written");
  return bytes;
}

bool Repository::put(const std::string& hash, std::string_view bytes) {
  const fs::path path = path_of(hash);
  struct stat there{};
  if (fresh_hashes_.contains(hash)) return false;
  // One of another length was damaged since, and is written anew. A backup that was cut off may have left it
  // with a name that is not on the disk yet.
  if (::stat(path.c_str(), &there) == 0 && static_cast<std::uint64_t>(there.st_size) == bytes.size()) {
    changed_.insert(path.parent_path());
    return false;
  }
  make_folder(path.parent_path());
  Fresh& fresh = fresh_.emplace_back(Fresh{DiskFile(path.string() + std::string(kUnfinished)), path});
  fresh.file.write(0, bytes);
  fresh_hashes_.insert(hash);
  if (fresh_.size() >= kFreshAtOnce) settle();
  return true;
}

void Repository::settle() {
  for (Fresh& each : fresh_) each.file.sync();
  for (const Fresh& each : fresh_) {
    rename_file(each.file.path(), each.name);
    changed_.insert(each.name.parent_path());
  }
  fresh_.clear();
  fresh_hashes_.clear();
}

void Repository::add(const std::string& name, const Manifest& manifest) {
  settle();
  for (const fs::path& each : changed_) sync_folder(each);
  changed_.clear();
  const fs::path path = list_of(name);
  DiskFile list(path.string() + std::string(kUnfinished));
  list.write(0, manifest_text(manifest));
  list.sync();
  rename_file(list.path(), path);
  sync_folder(path.parent_path());
}

void Repository::remove(const std::string& name) {
  told(list_of(name), [&] { fs::remove(list_of(name)); });
}

std::set<std::string> Repository::used() const {
  std::set<std::string> hashes;
  for (const std::string& name : names()) {
    Manifest each = manifest(name);
    hashes.insert(std::make_move_iterator(each.blocks.begin()), std::make_move_iterator(each.blocks.end()));
    for (BackedFile& file : each.files) hashes.insert(std::move(file.block));
  }
  return hashes;
}

std::size_t Repository::sweep() {
  const std::set<std::string> keep = used();
  // Lists that were removed are gone for good before any block of theirs is.
  sync_folder(folder_ / "backups");
  std::vector<fs::path> removed;
  told(folder_, [&] {
    for (const auto& entry : fs::directory_iterator(folder_ / "backups"))
      if (entry.path().filename().string().ends_with(kUnfinished)) removed.push_back(entry.path());
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "blocks")) {
      if (!entry.is_regular_file()) continue;
      const std::string hash =
          entry.path().parent_path().filename().string() + entry.path().filename().string();
      if (!keep.contains(hash)) removed.push_back(entry.path());
    }
    for (const fs::path& each : removed) fs::remove(each);
  });
  return removed.size();
}

}  // namespace postroom::backup
