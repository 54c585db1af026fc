#include "tests/sim/sim_disk.h"

#include <algorithm>
#include <cstring>
#include <sqlite3.h>
#include <utility>

namespace postroom::testing {

namespace {

constexpr std::uint64_t kSector = 512;

struct Handle {
  sqlite3_file base;
  SimDisk* disk;
  std::shared_ptr<SimDisk::File>* file;  // owned; sqlite3_file has no constructor
  int lock;
  bool delete_on_close;
  std::uint16_t shm_shared;  // bits of the slots this handle holds
  std::uint16_t shm_exclusive;
};

Handle& self(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }
SimDisk::File& content(sqlite3_file* file) { return **self(file).file; }
SimDisk& disk_of(sqlite3_vfs* vfs) { return *static_cast<SimDisk*>(vfs->pAppData); }

void replay(std::string& image, const SimDisk::Write& write) {
  if (write.truncation) {
    image.resize(std::min<std::size_t>(image.size(), write.offset));
    return;
  }
  if (image.size() < write.offset + write.bytes.size()) image.resize(write.offset + write.bytes.size());
  image.replace(write.offset, write.bytes.size(), write.bytes);
}

/// The parts of a write that lie in different sectors, each of which is written whole or not at all.
std::vector<SimDisk::Write> sectors(const SimDisk::Write& write) {
  if (write.truncation) return {write};
  std::vector<SimDisk::Write> parts;
  for (std::uint64_t at = 0; at < write.bytes.size();) {
    const std::uint64_t length =
        std::min<std::uint64_t>(kSector - (write.offset + at) % kSector, write.bytes.size() - at);
    parts.push_back({write.offset + at, write.bytes.substr(at, length), false});
    at += length;
  }
  return parts;
}

int unlock(sqlite3_file* file, int level);
int shm_unmap(sqlite3_file* file, int remove);

int close_file(sqlite3_file* file) {
  Handle& handle = self(file);
  unlock(file, SQLITE_LOCK_NONE);
  shm_unmap(file, 0);
  if (handle.delete_on_close)
    std::erase_if(handle.disk->files, [&](const auto& entry) { return entry.second == *handle.file; });
  delete handle.file;
  return SQLITE_OK;
}

int read_file(sqlite3_file* file, void* into, int count, sqlite3_int64 offset) {
  const std::string& image = content(file).current;
  const auto from = std::min<std::size_t>(static_cast<std::size_t>(offset), image.size());
  const std::size_t have = std::min<std::size_t>(static_cast<std::size_t>(count), image.size() - from);
  std::memcpy(into, image.data() + from, have);
  if (have == static_cast<std::size_t>(count)) return SQLITE_OK;
  std::memset(static_cast<char*>(into) + have, 0, static_cast<std::size_t>(count) - have);
  return SQLITE_IOERR_SHORT_READ;
}

int write_file(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
  SimDisk& disk = *self(file).disk;
  SimDisk::File& target = content(file);
  const auto end = static_cast<std::uint64_t>(offset + count);
  if (end > target.current.size() && disk.used() + (end - target.current.size()) > disk.capacity)
    return SQLITE_FULL;
  if (disk.before) disk.before(SimDisk::Moment::write);
  target.pending.push_back({static_cast<std::uint64_t>(offset),
                            std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(count)),
                            false});
  replay(target.current, target.pending.back());
  return SQLITE_OK;
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  SimDisk::File& target = content(file);
  target.pending.push_back({static_cast<std::uint64_t>(size), {}, true});
  replay(target.current, target.pending.back());
  return SQLITE_OK;
}

int sync_file(sqlite3_file* file, int) {
  SimDisk& disk = *self(file).disk;
  if (disk.before) disk.before(SimDisk::Moment::sync);
  if (std::exchange(disk.fail_next_sync, false)) return SQLITE_IOERR_FSYNC;
  SimDisk::File& target = content(file);
  for (const SimDisk::Write& write : target.pending) replay(target.durable, write);
  target.pending.clear();
  target.durable_name = true;
  disk.deleted.clear();
  return SQLITE_OK;
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  *size = static_cast<sqlite3_int64>(content(file).current.size());
  return SQLITE_OK;
}

int lock(sqlite3_file* file, int level) {
  Handle& handle = self(file);
  SimDisk::File& target = content(file);
  if (handle.lock >= level) return SQLITE_OK;
  if (level == SQLITE_LOCK_SHARED) {
    if (target.pending_lock || target.exclusive) return SQLITE_BUSY;
    ++target.shared;
  } else if (level == SQLITE_LOCK_RESERVED) {
    if (target.reserved || target.exclusive) return SQLITE_BUSY;
    target.reserved = true;
  } else {
    if (handle.lock < SQLITE_LOCK_PENDING && (target.pending_lock || target.exclusive)) return SQLITE_BUSY;
    if (handle.lock < SQLITE_LOCK_RESERVED && target.reserved) return SQLITE_BUSY;
    target.pending_lock = true;
    if (handle.lock < SQLITE_LOCK_RESERVED) target.reserved = true;
    handle.lock = SQLITE_LOCK_PENDING;
    if (target.shared > 1) return SQLITE_BUSY;
    target.exclusive = true;
  }
  handle.lock = level;
  return SQLITE_OK;
}

int unlock(sqlite3_file* file, int level) {
  Handle& handle = self(file);
  SimDisk::File& target = content(file);
  if (handle.lock <= level) return SQLITE_OK;
  if (handle.lock >= SQLITE_LOCK_RESERVED) target.reserved = false;
  if (handle.lock >= SQLITE_LOCK_PENDING) target.pending_lock = target.exclusive = false;
  if (level == SQLITE_LOCK_NONE) --target.shared;
  handle.lock = level;
  return SQLITE_OK;
}

int check_reserved(sqlite3_file* file, int* held) {
  *held = content(file).reserved ? 1 : 0;
  return SQLITE_OK;
}

int file_control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int sector_size(sqlite3_file*) { return static_cast<int>(kSector); }
int device_characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

int shm_map(sqlite3_file* file, int region, int size, int extend, void volatile** memory) {
  auto& regions = content(file).shm;
  *memory = nullptr;
  if (regions.size() <= static_cast<std::size_t>(region) && !extend) return SQLITE_OK;
  while (regions.size() <= static_cast<std::size_t>(region))
    regions.push_back(std::make_unique<std::vector<char>>(static_cast<std::size_t>(size)));
  *memory = regions[static_cast<std::size_t>(region)]->data();
  return SQLITE_OK;
}

int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
  Handle& handle = self(file);
  SimDisk::File& target = content(file);
  for (int slot = offset; slot < offset + count && (flags & SQLITE_SHM_LOCK); ++slot) {
    if (target.shm_exclusive[slot] && !(handle.shm_exclusive & (1u << slot))) return SQLITE_BUSY;
    const int others = target.shm_shared[slot] - ((handle.shm_shared >> slot) & 1);
    if ((flags & SQLITE_SHM_EXCLUSIVE) && others > 0) return SQLITE_BUSY;
  }
  for (int slot = offset; slot < offset + count; ++slot) {
    const auto bit = static_cast<std::uint16_t>(1u << slot);
    const bool shared = flags & SQLITE_SHM_SHARED;
    std::uint16_t& held = shared ? handle.shm_shared : handle.shm_exclusive;
    const bool taking = flags & SQLITE_SHM_LOCK;
    if (taking == static_cast<bool>(held & bit)) continue;
    held = static_cast<std::uint16_t>(held ^ bit);
    if (shared)
      target.shm_shared[slot] += taking ? 1 : -1;
    else
      target.shm_exclusive[slot] = taking;
  }
  return SQLITE_OK;
}

void shm_barrier(sqlite3_file*) {}

int shm_unmap(sqlite3_file* file, int remove) {
  shm_lock(file, 0, 8, SQLITE_SHM_UNLOCK | SQLITE_SHM_SHARED);
  shm_lock(file, 0, 8, SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
  if (remove) content(file).shm.clear();
  return SQLITE_OK;
}

const sqlite3_io_methods kMethods = {2,
                                     close_file,
                                     read_file,
                                     write_file,
                                     truncate_file,
                                     sync_file,
                                     file_size,
                                     lock,
                                     unlock,
                                     check_reserved,
                                     file_control,
                                     sector_size,
                                     device_characteristics,
                                     shm_map,
                                     shm_lock,
                                     shm_barrier,
                                     shm_unmap,
                                     nullptr,
                                     nullptr};

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  SimDisk& disk = disk_of(vfs);
  static std::uint64_t nameless = 0;
  const std::string path = name ? name : "temporary-" + std::to_string(++nameless);
  auto found = disk.files.find(path);
  file->pMethods = nullptr;
  if (found == disk.files.end()) {
    if (!(flags & SQLITE_OPEN_CREATE)) return SQLITE_CANTOPEN;
    found = disk.files.emplace(path, std::make_shared<SimDisk::File>()).first;
  }
  Handle& handle = self(file);
  handle = Handle{{&kMethods},
                  &disk,
                  new std::shared_ptr<SimDisk::File>(found->second),
                  SQLITE_LOCK_NONE,
                  (flags & SQLITE_OPEN_DELETEONCLOSE) != 0,
                  0,
                  0};
  if (out_flags) *out_flags = flags;
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, const char* name, int sync_directory) {
  SimDisk& disk = disk_of(vfs);
  const auto found = disk.files.find(name);
  if (found == disk.files.end()) return SQLITE_IOERR_DELETE_NOENT;
  if (disk.before) disk.before(SimDisk::Moment::write);
  if (!sync_directory && found->second->durable_name) disk.deleted[name] = found->second;
  if (sync_directory) disk.deleted.erase(name);
  disk.files.erase(found);
  return SQLITE_OK;
}

int access_file(sqlite3_vfs* vfs, const char* name, int, int* exists) {
  *exists = disk_of(vfs).files.contains(name) ? 1 : 0;
  return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* name, int size, char* out) {
  sqlite3_snprintf(size, out, "%s", name);
  return SQLITE_OK;
}

int randomness(sqlite3_vfs*, int count, char* out) {
  static std::mt19937_64 generator(1);
  for (int i = 0; i < count; ++i) out[i] = static_cast<char>(generator());
  return count;
}

int no_sleep(sqlite3_vfs*, int microseconds) { return microseconds; }

int current_time(sqlite3_vfs*, double* days) {
  *days = 2461041.5;  // 2026-01-01
  return SQLITE_OK;
}

int last_error(sqlite3_vfs*, int, char*) { return 0; }

}  // namespace

SimDisk::SimDisk() : vfs_(std::make_unique<sqlite3_vfs>()) {
  static std::uint64_t count = 0;
  name_ = "sim" + std::to_string(++count);
  std::memset(vfs_.get(), 0, sizeof *vfs_);
  vfs_->iVersion = 1;
  vfs_->szOsFile = sizeof(Handle);
  vfs_->mxPathname = 512;
  vfs_->zName = name_.c_str();
  vfs_->pAppData = this;
  vfs_->xOpen = open_file;
  vfs_->xDelete = delete_file;
  vfs_->xAccess = access_file;
  vfs_->xFullPathname = full_path;
  vfs_->xRandomness = randomness;
  vfs_->xSleep = no_sleep;
  vfs_->xCurrentTime = current_time;
  vfs_->xGetLastError = last_error;
  sqlite3_vfs_register(vfs_.get(), 0);
}

SimDisk::~SimDisk() { sqlite3_vfs_unregister(vfs_.get()); }

std::uint64_t SimDisk::used() const {
  std::uint64_t total = 0;
  for (const auto& [name, file] : files) total += file->current.size();
  return total;
}

std::unique_ptr<SimDisk> SimDisk::after_power_cut(Loss loss, std::uint64_t seed) const {
  auto after = std::make_unique<SimDisk>();
  std::mt19937_64 generator(seed);
  const auto coin = [&] { return generator() % 2 == 0; };
  const auto recover = [&](const std::string& name, const File& file) {
    if (!file.durable_name && (loss == Loss::everything || (loss != Loss::nothing && coin()))) return;
    auto found = std::make_shared<File>();
    found->durable_name = true;
    found->current = file.durable;
    const std::size_t torn = file.pending.empty() ? 0 : generator() % file.pending.size();
    for (std::size_t i = 0; i < file.pending.size() && loss != Loss::everything; ++i) {
      if (loss == Loss::tail && i > torn) break;
      const bool whole = loss == Loss::nothing || (loss == Loss::tail && i < torn);
      for (const Write& part : sectors(file.pending[i]))
        if (whole || coin()) replay(found->current, part);
    }
    found->durable = found->current;
    after->files[name] = std::move(found);
  };
  for (const auto& [name, file] : files) recover(name, *file);
  for (const auto& [name, file] : deleted)
    if (loss != Loss::nothing && !after->files.contains(name) && coin()) recover(name, *file);
  return after;
}

}  // namespace postroom::testing
