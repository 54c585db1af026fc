// SqliteStore: the Store in one SQLite file. Everything that blocks runs on the lanes writer, reader and
// checkpoint.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "storage/store.h"
#include "storage/sts.h"

namespace postroom {

/// The defaults are what a server uses; tests change them.
struct SqliteOptions {
  SqliteOptions() = default;
  std::string vfs;                                 ///< name of the SQLite VFS; empty: the system's
  bool durable = true;                             ///< false: a power cut may lose what was acknowledged
  std::chrono::milliseconds lock_patience{10000};  ///< how long to wait for another process's transaction
  std::size_t queue_limit = 32 << 20;              ///< bytes that may wait to be written
  std::size_t changes_at_once = 10'000;            ///< flags that are told in one answer, about
  std::size_t slice_rows = 4000;            ///< a large change is made in transactions of this many rows,
  std::chrono::milliseconds slice_time{8};  ///< or fewer when they take longer than this
  std::chrono::seconds keep_expunged{300};  ///< how long a message being read outlives its removal
  std::uint32_t checkpoint_pages = 1000;    ///< size of the WAL from which on it is copied into the database
  const TermExtractor* terms = nullptr;     ///< for the text index, outlives the store; null: there is none
  std::chrono::seconds index_after{5};      ///< how long new messages wait to be indexed together
};

class SqliteStore : public Store, public Queue, public StsPolicyStore {
 public:
  using Store::open;

  /// Opens the database, making or migrating it as needed. Blocks; for the start of a program. Throws
  /// StoreFault with a reason fit for the operator: not a database of ours, from a newer version, no
  /// permission...
  static std::unique_ptr<SqliteStore> open(Runtime& runtime, const std::filesystem::path& file,
                                           SqliteOptions options = {});

  /// The limits of accounts that have none of their own; none until it is called.
  virtual void set_default_quota(const QuotaLimits& limits) = 0;
  /// For how long after it came the trace of a mail is kept; zero: there is none. kKeepTrace until it is
  /// called.
  virtual void keep_trace(std::chrono::seconds time) = 0;
  static constexpr std::chrono::seconds kKeepTrace = std::chrono::hours(30 * 24);

  /// Begins to remove and to index in the background what an earlier server left. Like any call, only where
  /// close() follows.
  virtual void start() = 0;

  /// Finishes what was begun, empties the WAL, closes the file. No calls may be made after or under way. A
  /// store that served a call is closed before it is destroyed.
  virtual Task<> close() = 0;
};

}  // namespace postroom
