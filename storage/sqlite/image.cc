// SQLite's own way to copy a database that is in use (its online backup) into a "file" that gives away each
// page as it is written: see image.h.
#include "storage/sqlite/image.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <sqlite3.h>

namespace postroom::sqlite {

namespace {

constexpr int kPagesAtOnce = 256;

/// Where the pages go, and what came of it. An exception may not pass through SQLite.
struct Target {
  const PageTaker* take = nullptr;
  std::uint64_t size = 0;
  std::exception_ptr thrown;
};

/// What SQLite calls an open file: ours has a Target behind it.
struct ImageFile {
  sqlite3_file base;
  Target* target;
};

Target& target_of(sqlite3_file* file) { return *reinterpret_cast<ImageFile*>(file)->target; }

int write_page(sqlite3_file* file, const void* data, int length, sqlite3_int64 offset) {
  Target& target = target_of(file);
  const auto at = static_cast<std::uint64_t>(offset);
  const auto count = static_cast<std::size_t>(length);
  try {
    (*target.take)(at, {static_cast<const char*>(data), count});
  } catch (...) {
    target.thrown = std::current_exception();
    return SQLITE_IOERR_WRITE;
  }
  target.size = std::max(target.size, at + count);
  return SQLITE_OK;
}

/// An empty file is looked at once; what was given away is not there any more, and SQLite never asks for it.
int read_page(sqlite3_file* file, void* data, int length, sqlite3_int64 offset) {
  if (static_cast<std::uint64_t>(offset) < target_of(file).size) return SQLITE_IOERR_READ;
  std::memset(data, 0, static_cast<std::size_t>(length));
  return SQLITE_IOERR_SHORT_READ;
}

int tell_size(sqlite3_file* file, sqlite3_int64* size) {
  *size = static_cast<sqlite3_int64>(target_of(file).size);
  return SQLITE_OK;
}

int not_locked(sqlite3_file*, int* answer) {
  *answer = 0;
  return SQLITE_OK;
}

int close_file(sqlite3_file*) { return SQLITE_OK; }
int truncate_file(sqlite3_file*, sqlite3_int64) { return SQLITE_OK; }
int nothing(sqlite3_file*, int) { return SQLITE_OK; }
int unknown_control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int sector_size(sqlite3_file*) { return 4096; }
int no_characteristics(sqlite3_file*) { return 0; }

constexpr sqlite3_io_methods make_methods() {
  sqlite3_io_methods methods{};
  methods.iVersion = 1;
  methods.xClose = close_file;
  methods.xRead = read_page;
  methods.xWrite = write_page;
  methods.xTruncate = truncate_file;
  methods.xSync = nothing;
  methods.xFileSize = tell_size;
  methods.xLock = nothing;
  methods.xUnlock = nothing;
  methods.xCheckReservedLock = not_locked;
  methods.xFileControl = unknown_control;
  methods.xSectorSize = sector_size;
  methods.xDeviceCharacteristics = no_characteristics;
  return methods;
}
constexpr sqlite3_io_methods kMethods = make_methods();

/// The target of the copy that this thread has under way: opening a database has no argument for it.
thread_local Target* opening = nullptr;

int open_file(sqlite3_vfs*, const char*, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  if ((flags & SQLITE_OPEN_MAIN_DB) == 0 || opening == nullptr) return SQLITE_CANTOPEN;
  reinterpret_cast<ImageFile*>(file)->target = opening;
  file->pMethods = &kMethods;
  if (out_flags) *out_flags = flags;
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs*, const char*, int) { return SQLITE_OK; }

int nothing_there(sqlite3_vfs*, const char*, int, int* answer) {
  *answer = 0;
  return SQLITE_OK;
}

int same_path(sqlite3_vfs*, const char* name, int room, char* out) {
  sqlite3_snprintf(room, out, "%s", name);
  return SQLITE_OK;
}

constexpr const char* kVfsName = "postroom-image";

/// The system's, but for files.
void register_vfs() {
  static const int once = [] {
    static sqlite3_vfs vfs = *sqlite3_vfs_find(nullptr);
    vfs.pNext = nullptr;
    vfs.zName = kVfsName;
    vfs.szOsFile = static_cast<int>(sizeof(ImageFile));
    vfs.xOpen = open_file;
    vfs.xDelete = delete_file;
    vfs.xAccess = nothing_there;
    vfs.xFullPathname = same_path;
    return sqlite3_vfs_register(&vfs, 0);
  }();
  if (once != SQLITE_OK) throw StoreFault("SQLite does not take a file system of ours");
}

/// A database whose file is a Target.
class ImageDatabase {
 public:
  explicit ImageDatabase(Target& target) {
    register_vfs();
    opening = &target;
    const int code = sqlite3_open_v2(
        "image", &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, kVfsName);
    // The file is opened with the first statement at the latest. There is nothing to roll back to. The cache
    // is where pages wait to be given away.
    const int set = code != SQLITE_OK ? code
                                      : sqlite3_exec(handle_,
                                                     "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
                                                     "PRAGMA cache_size = -1024",
                                                     nullptr, nullptr, nullptr);
    opening = nullptr;
    if (set == SQLITE_OK) return;
    const std::string why = sqlite3_errstr(set);
    sqlite3_close(handle_);
    throw StoreFault("SQLite does not begin a copy: " + why);
  }
  ImageDatabase(const ImageDatabase&) = delete;
  ImageDatabase& operator=(const ImageDatabase&) = delete;
  ~ImageDatabase() { sqlite3_close(handle_); }

  sqlite3* handle() const { return handle_; }

 private:
  sqlite3* handle_ = nullptr;
};

}  // namespace

ImageCopy::ImageCopy(Connection& source) : source_(source), transaction_(source, Transaction::Kind::read) {
  // BEGIN alone reads nothing yet.
  source_.ask("SELECT count(*) FROM sqlite_schema");
}

ImageCopy::~ImageCopy() = default;

std::uint64_t ImageCopy::run(const PageTaker& take) {
  Target target;
  target.take = &take;
  const ImageDatabase database(target);
  sqlite3_backup* const copy = sqlite3_backup_init(database.handle(), "main", source_.handle_, "main");
  if (!copy)
    throw StoreFault("SQLite does not begin a copy: " + std::string(sqlite3_errmsg(database.handle())));
  int code = SQLITE_OK;
  while (code == SQLITE_OK) code = sqlite3_backup_step(copy, kPagesAtOnce);
  sqlite3_backup_finish(copy);
  if (target.thrown) std::rethrow_exception(target.thrown);
  if (code != SQLITE_DONE) source_.fail(code, "copy the database");
  return target.size;
}

}  // namespace postroom::sqlite
