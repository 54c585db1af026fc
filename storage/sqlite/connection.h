// The only door to SQLite: one connection, its prepared statements, its transactions. connection.cc, and
// image.cc beside it, alone include sqlite3.h. A connection is used by one thread at a time.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>

#include "storage/types.h"

struct sqlite3;
struct sqlite3_blob;
struct sqlite3_stmt;

namespace postroom::sqlite {

/// The disk did not confirm a sync: what was written before may be lost even if a later sync succeeds.
class SyncFault : public StoreFault {
 public:
  using StoreFault::StoreFault;
};

/// SQL as it stands in the source: a literal, so that its address can name the prepared statement.
class Sql {
 public:
  consteval Sql(const char* text)
      : text_(text) {}  // NOLINT(google-explicit-constructor): every call names SQL
  const char* text() const { return text_; }

 private:
  const char* text_;
};

/// Bytes that are no text.
struct Blob {
  std::string_view bytes;
};

class Connection {
 public:
  struct Settings {
    Settings() = default;
    std::string vfs;         ///< empty: the system's
    bool read_only = false;  ///< refuses to change anything
    bool durable = true;     ///< synchronous=FULL, or OFF
    std::size_t cache_kib = 1024;
    std::chrono::milliseconds busy_timeout{10000};  ///< how long to wait for another process's lock
  };

  /// Opens a database, making an empty one unless read_only. Throws StoreFault.
  Connection(const std::filesystem::path& file, const Settings& settings);
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&&) = delete;
  ~Connection();

  /// Runs statements that give nothing back. Throws StoreFault.
  void run_script(const char* sql);
  /// The first value a statement gives, which is a number. For PRAGMAs.
  std::int64_t ask(const char* sql);

  bool in_transaction() const;
  void rollback() noexcept;
  /// Rows changed by the last statement.
  std::int64_t changes() const;
  /// Rows changed by all statements so far, also those inside virtual tables.
  std::int64_t total_changes() const;
  /// Pages in the WAL after the last commit of this connection.
  std::uint32_t wal_pages() const { return *wal_pages_; }

  struct Checkpoint {
    std::uint32_t pages = 0;   ///< in the WAL
    std::uint32_t copied = 0;  ///< of them, into the database, now or before
  };
  enum class CheckpointMode { passive, restart, truncate };
  /// Copies the WAL into the database as far as readers allow. `passive` waits for nobody; the others wait
  /// for writers and readers no longer than the busy timeout.
  Checkpoint checkpoint(CheckpointMode mode);

 private:
  friend class Query;
  friend class BlobReader;
  friend class ImageCopy;
  sqlite3_stmt* prepared(Sql sql);
  [[noreturn]] void fail(int code, const char* context);

  sqlite3* handle_ = nullptr;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
  std::unique_ptr<std::uint32_t> wal_pages_;
};

/// One run of a prepared statement. Text and blobs given to it stay valid until it is gone, but for strings
/// it is given to keep (std::string&&).
class Query {
 public:
  template <class... Arguments>
  Query(Connection& db, Sql sql, Arguments&&... arguments)
      : db_(db), sql_(sql.text()), statement_(db.prepared(sql)) {
    rebind(std::forward<Arguments>(arguments)...);
  }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query();

  /// Starts over with other arguments.
  template <class... Arguments>
  void rebind(Arguments&&... arguments) {
    reset();
    int place = 0;
    (bind(++place, std::forward<Arguments>(arguments)), ...);
  }

  /// On to the next row; false: there is none. Throws StoreFault.
  bool step();

  /// Of the present row, by column from 0; NULL reads as 0 and as empty.
  std::int64_t integer(int column) const;
  bool is_null(int column) const;
  /// Text or blob; valid until the next step.
  std::string_view bytes(int column) const;

  template <class T>
  T as(int column) const {
    return static_cast<T>(integer(column));
  }
  std::string text(int column) const { return std::string(bytes(column)); }

 private:
  void reset();
  template <class T>
    requires std::integral<std::remove_cvref_t<T>> || std::is_enum_v<std::remove_cvref_t<T>>
  void bind(int place, T&& value) {
    bind_integer(place, static_cast<std::int64_t>(value));
  }
  void bind(int place, std::string_view text);
  void bind(int place, const std::string& text) { bind(place, std::string_view(text)); }
  void bind(int place, std::string&& text);
  void bind(int place, const Blob& blob);
  void bind(int place, const std::optional<std::int64_t>& value);
  void bind_integer(int place, std::int64_t value);
  void check(int code);

  Connection& db_;
  const char* sql_;
  sqlite3_stmt* statement_;
};

/// Reads pieces of the blobs in one column, and only the pages they lie on.
class BlobReader {
 public:
  /// Names of a table with an INTEGER PRIMARY KEY and of its column; they outlive the reader.
  BlobReader(Connection& db, const char* table, const char* column)
      : db_(db), table_(table), column_(column) {}
  BlobReader(const BlobReader&) = delete;
  BlobReader& operator=(const BlobReader&) = delete;
  ~BlobReader();

  /// Appends up to `length` bytes from `offset` of a row's blob to `out`. False: there is no such row. Throws
  /// StoreFault.
  bool read(std::int64_t row, std::size_t offset, std::size_t length, std::string& out);

 private:
  bool open(std::int64_t row);

  Connection& db_;
  const char* table_;
  const char* column_;
  sqlite3_blob* blob_ = nullptr;
};

/// Runs a statement to its end; returns the number of rows changed.
template <class... Arguments>
std::int64_t execute(Connection& db, Sql sql, Arguments&&... arguments) {
  {
    Query query(db, sql, std::forward<Arguments>(arguments)...);
    while (query.step()) {
    }
  }
  return db.changes();
}

/// The first column of the first row, or nothing.
template <class... Arguments>
std::optional<std::int64_t> lookup(Connection& db, Sql sql, Arguments&&... arguments) {
  Query query(db, sql, std::forward<Arguments>(arguments)...);
  if (!query.step()) return std::nullopt;
  return query.integer(0);
}

/// Rolls back unless committed. One that reads may be begun within another one, and is then part of it.
class Transaction {
 public:
  enum class Kind { read, write };
  Transaction(Connection& db, Kind kind);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  void commit();

 private:
  Connection& db_;
  const bool outer_;
};

}  // namespace postroom::sqlite
