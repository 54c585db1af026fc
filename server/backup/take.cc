// Taking backups: see take.h.
#include "server/backup/take.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "server/backup/disk_file.h"
#include "storage/sqlite/image.h"
#include "storage/sqlite/schema.h"

namespace postroom::backup {

namespace fs = std::filesystem;

namespace {

/// Of all files beside the database.
constexpr std::uint64_t kMostInFiles = 64 << 20;

/// What APOP secrets are sealed with: no backup is good without it.
constexpr const char* kSecretKey = "secret.key";

/// Names of all files beside the database, the secret key first.
std::vector<std::string> names_in(const fs::path& data) {
  std::vector<std::string> names;
  constexpr auto kSkip = fs::directory_options::skip_permission_denied;
  for (const auto& entry : fs::recursive_directory_iterator(data, kSkip)) {
    std::error_code ignored;
    const std::string name = entry.path().lexically_relative(data).generic_string();
    if (!entry.is_directory(ignored) && !is_made_by_the_store(name)) names.push_back(name);
  }
  std::ranges::sort(names, {}, [](const std::string& name) { return std::pair(name != kSecretKey, name); });
  return names;
}

/// Why a file is not taken; empty: it is.
std::string obstacle(const fs::path& path, const std::string& name) {
  std::error_code ignored;
  if (!is_safe_name(name)) return "its name cannot be written down";
  if (name != kSecretKey && fs::is_symlink(path, ignored)) return "it is a link";
  if (!fs::is_regular_file(path, ignored)) return "it is no file";
  return "";
}

/// Keys, certificates and what else there may be. Small files only, which are read whole.
void take_files(const fs::path& data, BlockSink& sink, Taken& taken) {
  std::uint64_t total = 0;
  for (const std::string& name : names_in(data)) {
    const fs::path path = data / name;
    std::string why = obstacle(path, name);
    if (taken.manifest.files.size() >= kMostFiles) why = "there are too many files";
    std::string bytes;
    try {
      if (why.empty()) bytes = read_file(path, std::min<std::uint64_t>(kMostFileSize, kMostInFiles - total));
    } catch (const BackupFault& fault) {
      if (name == kSecretKey) throw;
      why = fault.what();
    }
    std::error_code ignored;
    if (!why.empty() && !fs::exists(fs::symlink_status(path, ignored))) continue;  // it has gone meanwhile
    if (!why.empty()) {
      taken.left_out.push_back(name);
      taken.left_out.back().append(": ").append(why);
      continue;
    }
    total += bytes.size();
    BackedFile& file = taken.manifest.files.emplace_back();
    file.name = name;
    file.size = bytes.size();
    file.block = hash_of(bytes);
    sink.file(file, bytes);
  }
  std::ranges::sort(taken.manifest.files, {}, &BackedFile::name);
}

sqlite::Connection open_source(const fs::path& data) {
  const fs::path file = data / "postroom.db";
  std::error_code ignored;
  if (!fs::exists(file, ignored)) throw BackupFault("there is no " + file.string() + " to back up");
  sqlite::Connection::Settings settings;
  settings.read_only = true;
  sqlite::Connection db(file, settings);
  if (db.ask("PRAGMA application_id") == sqlite::kApplicationId) return db;
  throw BackupFault(file.string() + " is not a Postroom database");
}

}  // namespace

void BlockCutter::give(std::size_t index, std::string_view bytes) {
  if (hashes_.size() <= index) hashes_.resize(index + 1);
  hashes_[index] = hash_of(bytes);
  sink_.database_block(index, hashes_[index], bytes);
}

void BlockCutter::write(std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto index = static_cast<std::size_t>(offset / kBlockSize);
    const auto inside = static_cast<std::size_t>(offset % kBlockSize);
    const std::size_t length = std::min(bytes.size(), kBlockSize - inside);
    if (index < hashes_.size() && !hashes_[index].empty())
      throw BackupFault("SQLite gave a page of the database twice");
    Part& part = parts_[index];
    bytes.copy(part.bytes.data() + inside, length);
    part.filled += length;
    if (part.filled >= kBlockSize) {
      give(index, part.bytes);
      parts_.erase(index);
    }
    bytes.remove_prefix(length);
    offset += length;
  }
}

std::vector<std::string> BlockCutter::finish(std::uint64_t size) {
  Manifest lengths;
  lengths.database_size = size;
  const std::uint64_t count = block_count(size);
  hashes_.resize(count);
  for (std::size_t index = 0; index < count; ++index) {
    if (!hashes_[index].empty()) continue;
    give(index, std::string_view(parts_[index].bytes).substr(0, lengths.block_length(index)));
    parts_.erase(index);
  }
  return std::move(hashes_);
}

Taken take_backup(const fs::path& data, BlockSink& sink, WallTime now) {
  sqlite::Connection db = open_source(data);
  Taken taken;
  taken.manifest.postroom = POSTROOM_VERSION;
  taken.manifest.taken = now.time_since_epoch().count();
  {
    sqlite::ImageCopy copy(db);
    taken.manifest.schema = static_cast<std::uint64_t>(db.ask("PRAGMA user_version"));
    BlockCutter cutter(sink);
    taken.manifest.database_size =
        copy.run([&](std::uint64_t offset, std::string_view bytes) { cutter.write(offset, bytes); });
    taken.manifest.blocks = cutter.finish(taken.manifest.database_size);
  }
  // After it: what the database was sealed with is there.
  try {
    take_files(data, sink, taken);
  } catch (const fs::filesystem_error& error) {
    throw BackupFault("cannot read " + data.string() + ": " + error.code().message());
  }
  return taken;
}

}  // namespace postroom::backup
