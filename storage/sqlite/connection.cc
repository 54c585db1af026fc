// SQLite's C interface, wrapped: every error becomes a StoreFault that says what was asked.
#include "storage/sqlite/connection.h"

#include <algorithm>
#include <cassert>
#include <memory>
#include <mutex>
#include <sqlite3.h>
#include <utility>

namespace postroom::sqlite {

namespace {

/// Settings of the library; they come before its first use.
void set_up_library() {
  static const int once = [] {
    // Statistics nobody reads would put a lock around every allocation.
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    return sqlite3_initialize();
  }();
  if (once != SQLITE_OK) throw StoreFault("SQLite does not start");
}

/// Another process or the last checkpoint step holds the lock for some milliseconds: ask again soon, where
/// SQLite's own handler would sleep up to 100 ms.
int wait_for_lock(void* context, int count) {
  const auto limit = reinterpret_cast<std::intptr_t>(context);
  if (count >= limit) return 0;
  sqlite3_sleep(1);
  return 1;
}

bool is_full(int code) { return (code & 0xff) == SQLITE_FULL || code == SQLITE_IOERR_SHMSIZE; }

bool is_damage(int code) { return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB; }

bool is_sync_failure(int code) { return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC; }

int remember_wal_pages(void* context, sqlite3*, const char*, int pages) {
  *static_cast<std::uint32_t*>(context) = static_cast<std::uint32_t>(pages);
  return SQLITE_OK;
}

}  // namespace

Connection::Connection(const std::filesystem::path& file, const Settings& settings)
    : wal_pages_(std::make_unique<std::uint32_t>(0)) {
  set_up_library();
  const int flags =
      SQLITE_OPEN_READWRITE | (settings.read_only ? 0 : SQLITE_OPEN_CREATE) | SQLITE_OPEN_NOMUTEX;
  const int code =
      sqlite3_open_v2(file.c_str(), &handle_, flags, settings.vfs.empty() ? nullptr : settings.vfs.c_str());
  try {
    if (!handle_) throw StoreFault("no memory for a database connection");
    sqlite3_extended_result_codes(handle_, 1);
    if (code != SQLITE_OK) fail(sqlite3_extended_errcode(handle_), ("open " + file.string()).c_str());
    const auto tries = static_cast<std::intptr_t>(settings.busy_timeout.count());
    sqlite3_busy_handler(handle_, wait_for_lock, reinterpret_cast<void*>(tries));
    // Checkpoints have a connection of their own. What is deleted is overwritten only where that costs no
    // write (Debian's library would overwrite everything).
    run_script(
        "PRAGMA wal_autocheckpoint = 0; PRAGMA secure_delete = FAST; PRAGMA foreign_keys = ON;"
        "PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0; PRAGMA trusted_schema = OFF;"
        "PRAGMA journal_size_limit = 16777216");
    sqlite3_wal_hook(handle_, remember_wal_pages, wal_pages_.get());
    run_script(("PRAGMA cache_size = -" + std::to_string(settings.cache_kib)).c_str());
    run_script(settings.durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = OFF");
    if (settings.read_only) run_script("PRAGMA query_only = ON");
  } catch (...) {
    sqlite3_close(handle_);
    throw;
  }
}

Connection::Connection(Connection&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)),
      statements_(std::move(other.statements_)),
      wal_pages_(std::move(other.wal_pages_)) {}

Connection::~Connection() {
  if (!handle_) return;
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  [[maybe_unused]] const int code = sqlite3_close(handle_);
  assert(code == SQLITE_OK && "a query outlives its connection");
}

void Connection::fail(int code, const char* context) {
  std::string what = "SQLite: ";
  what += handle_ ? sqlite3_errmsg(handle_) : "no connection";
  what += " (" + std::string(sqlite3_errstr(code)) + ", " + std::to_string(code) + ") at: " + context;
  if (is_full(code)) throw StoreFull("the disk is full: " + what);
  if (is_damage(code)) throw StoreCorrupt(what);
  if (is_sync_failure(code)) throw SyncFault(what);
  throw StoreFault(what);
}

void Connection::run_script(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code, sql);
}

std::int64_t Connection::ask(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v2(handle_, sql, -1, &statement, nullptr);
  if (code == SQLITE_OK) code = sqlite3_step(statement);
  const std::int64_t answer = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
  sqlite3_finalize(statement);
  if (code != SQLITE_ROW && code != SQLITE_DONE) fail(code, sql);
  return answer;
}

sqlite3_stmt* Connection::prepared(Sql sql) {
  sqlite3_stmt*& statement = statements_[sql.text()];
  if (statement) {
    assert(!sqlite3_stmt_busy(statement) && "a statement is used inside itself");
    return statement;
  }
  const int code =
      sqlite3_prepare_v3(handle_, sql.text(), -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) fail(code, sql.text());
  return statement;
}

bool Connection::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

void Connection::rollback() noexcept {
  // Some errors have rolled back already; one while rolling back leaves nothing to be done.
  if (in_transaction()) sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

std::int64_t Connection::changes() const { return sqlite3_changes64(handle_); }
std::int64_t Connection::total_changes() const { return sqlite3_total_changes64(handle_); }

Connection::Checkpoint Connection::checkpoint(CheckpointMode mode) {
  int sqlite_mode = SQLITE_CHECKPOINT_PASSIVE;
  if (mode == CheckpointMode::restart) sqlite_mode = SQLITE_CHECKPOINT_RESTART;
  if (mode == CheckpointMode::truncate) sqlite_mode = SQLITE_CHECKPOINT_TRUNCATE;
  int pages = -1;
  int copied = -1;
  const int code = sqlite3_wal_checkpoint_v2(handle_, nullptr, sqlite_mode, &pages, &copied);
  if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) fail(code, "checkpoint");
  Checkpoint result;
  if (pages > 0) result.pages = static_cast<std::uint32_t>(pages);
  if (copied > 0) result.copied = static_cast<std::uint32_t>(copied);
  return result;
}

Query::~Query() { sqlite3_reset(statement_); }

void Query::reset() { sqlite3_reset(statement_); }

void Query::check(int code) {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
  sqlite3_reset(statement_);
  db_.fail(code, sql_);
}

bool Query::step() {
  const int code = sqlite3_step(statement_);
  check(code);
  return code == SQLITE_ROW;
}

std::int64_t Query::integer(int column) const { return sqlite3_column_int64(statement_, column); }

bool Query::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::string_view Query::bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  if (!data) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

void Query::bind_integer(int place, std::int64_t value) {
  check(sqlite3_bind_int64(statement_, place, value));
}

void Query::bind(int place, std::string_view text) {
  // A null pointer would bind NULL.
  const char* data = text.data() ? text.data() : "";
  check(sqlite3_bind_text64(statement_, place, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void Query::bind(int place, std::string&& text) {
  check(sqlite3_bind_text64(statement_, place, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Query::bind(int place, const Blob& blob) {
  const char* data = blob.bytes.data() ? blob.bytes.data() : "";
  check(sqlite3_bind_blob64(statement_, place, data, blob.bytes.size(), SQLITE_STATIC));
}

void Query::bind(int place, const std::optional<std::int64_t>& value) {
  if (value) return bind_integer(place, *value);
  check(sqlite3_bind_null(statement_, place));
}

BlobReader::~BlobReader() { sqlite3_blob_close(blob_); }

bool BlobReader::open(std::int64_t row) {
  const int code = blob_ ? sqlite3_blob_reopen(blob_, row)
                         : sqlite3_blob_open(db_.handle_, "main", table_, column_, row, 0, &blob_);
  if (code == SQLITE_OK) return true;
  sqlite3_blob_close(std::exchange(blob_, nullptr));
  if (code != SQLITE_ERROR) db_.fail(code, "read a blob");
  return false;
}

bool BlobReader::read(std::int64_t row, std::size_t offset, std::size_t length, std::string& out) {
  if (!open(row)) return false;
  const auto size = static_cast<std::size_t>(sqlite3_blob_bytes(blob_));
  if (offset >= size) return true;
  length = std::min(length, size - offset);
  const std::size_t before = out.size();
  out.resize(before + length);
  const int code =
      sqlite3_blob_read(blob_, out.data() + before, static_cast<int>(length), static_cast<int>(offset));
  if (code != SQLITE_OK) db_.fail(code, "read a blob");
  return true;
}

Transaction::Transaction(Connection& db, Kind kind)
    : db_(db), outer_(kind == Kind::write || !db.in_transaction()) {
  if (kind == Kind::write)
    execute(db, "BEGIN IMMEDIATE");
  else if (outer_)
    execute(db, "BEGIN");
}

Transaction::~Transaction() {
  if (outer_) db_.rollback();
}

void Transaction::commit() { execute(db_, "COMMIT"); }

}  // namespace postroom::sqlite
