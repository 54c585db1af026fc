// The raw limits: what the disk, SQLite and loopback do when nothing else is in the way.
#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <fcntl.h>
#include <netinet/in.h>
#include <sqlite3.h>
#include <stdexcept>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "tests/bench/bench.h"

namespace postroom::bench {

namespace {

struct Listening {
  Listening() : fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(fd, 512) != 0 ||
        getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0)
      throw std::runtime_error("cannot listen on loopback");
    port = ntohs(address.sin_port);
  }
  ~Listening() { close(fd); }
  int fd;
  std::uint16_t port = 0;
};

void must(int code, sqlite3* database) {
  if (code != SQLITE_OK && code != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(database));
}

}  // namespace

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

namespace {

/// A new database with WAL and synchronous=FULL; removed at the end.
class RawDatabase {
 public:
  RawDatabase(const std::filesystem::path& scratch, const char* schema)
      : file_(scratch / ("postroom-raw-" + std::to_string(getpid()) + ".db")) {
    must(sqlite3_open(file_.c_str(), &handle_), handle_);
    run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
    run(schema);
  }
  RawDatabase(const RawDatabase&) = delete;
  RawDatabase& operator=(const RawDatabase&) = delete;
  ~RawDatabase() {
    for (sqlite3_stmt* statement : statements_) sqlite3_finalize(statement);
    sqlite3_close(handle_);
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file_.string() + suffix);
  }

  void run(const char* sql) { must(sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr), handle_); }
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt*& statement = statements_.emplace_back();
    must(sqlite3_prepare_v2(handle_, sql, -1, &statement, nullptr), handle_);
    return statement;
  }
  void step(sqlite3_stmt* statement) {
    must(sqlite3_step(statement), handle_);
    sqlite3_reset(statement);
  }
  /// Calls insert(n) for n = 1, 2, …, `batch` of them in a commit; returns how many a second.
  template <class Insert>
  double rate(int batch, double seconds, Insert insert) {
    std::uint64_t count = 0;
    const auto begin = Clock::now();
    while (seconds_since(begin) < seconds) {
      run("BEGIN IMMEDIATE");
      for (int i = 0; i < batch; ++i) insert(++count);
      run("COMMIT");
    }
    return static_cast<double>(count) / seconds_since(begin);
  }

 private:
  std::filesystem::path file_;
  sqlite3* handle_ = nullptr;
  std::vector<sqlite3_stmt*> statements_;
};

void bind_blob(sqlite3_stmt* statement, int place, const std::string& bytes) {
  sqlite3_bind_blob(statement, place, bytes.data(), static_cast<int>(bytes.size()), SQLITE_STATIC);
}

// What a mail store has to write for a message, with no more indexes than it needs.
constexpr const char* kMailSchema =
    "CREATE TABLE mailbox(id INTEGER PRIMARY KEY, uid_next INTEGER DEFAULT 1, modseq INTEGER DEFAULT 1,"
    " messages INTEGER DEFAULT 0, size INTEGER DEFAULT 0);"
    "CREATE TABLE content(id INTEGER PRIMARY KEY, facts BLOB NOT NULL);"
    "CREATE TABLE chunk(id INTEGER PRIMARY KEY, data BLOB NOT NULL);"
    "CREATE TABLE message(mailbox INTEGER, uid INTEGER, flags INTEGER, modseq INTEGER, content INTEGER,"
    " date INTEGER, size INTEGER, PRIMARY KEY(mailbox, uid)) WITHOUT ROWID;"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)"
    " INSERT INTO mailbox(id) SELECT i FROM n";
constexpr std::uint64_t kMailboxes = 50;
/// Envelope, structure and the like.
constexpr std::size_t kFacts = 600;

}  // namespace

double raw_sqlite(const std::filesystem::path& scratch, std::size_t size, int batch, double seconds) {
  RawDatabase database(scratch, "CREATE TABLE raw (id INTEGER PRIMARY KEY, data BLOB NOT NULL)");
  sqlite3_stmt* const insert = database.prepare("INSERT INTO raw (data) VALUES (?1)");
  return database.rate(batch, seconds, [&](std::uint64_t number) {
    const std::string data = make_message(size, number);
    bind_blob(insert, 1, data);
    database.step(insert);
  });
}

double raw_mail_rows(const std::filesystem::path& scratch, const RawMail& mail, double seconds) {
  RawDatabase database(scratch, kMailSchema);
  sqlite3_stmt* const content = database.prepare("INSERT INTO content(id, facts) VALUES(?1, ?2)");
  sqlite3_stmt* const chunk = database.prepare("INSERT INTO chunk(id, data) VALUES(?1, ?2)");
  sqlite3_stmt* const mailbox = database.prepare(
      "UPDATE mailbox SET uid_next = uid_next + 1, modseq = modseq + 1, messages = messages + 1,"
      " size = size + ?2 WHERE id = ?1");
  sqlite3_stmt* const message = database.prepare(
      "INSERT INTO message SELECT id, uid_next - 1, 0, modseq, ?2, 1795417200, ?3 FROM mailbox WHERE id = "
      "?1");
  const std::string facts(kFacts, 'f');
  std::uint64_t next = 0;
  return database.rate(mail.batch, seconds, [&](std::uint64_t number) {
    const std::string data = make_message(mail.size, number);
    for (auto [statement, blob] : {std::pair(content, &facts), std::pair(chunk, &data)}) {
      sqlite3_bind_int64(statement, 1, static_cast<std::int64_t>(number));
      bind_blob(statement, 2, *blob);
      database.step(statement);
    }
    for (int i = 0; i < mail.recipients; ++i) {
      const auto id = static_cast<std::int64_t>(next++ % kMailboxes + 1);
      sqlite3_bind_int64(mailbox, 1, id);
      sqlite3_bind_int64(mailbox, 2, static_cast<std::int64_t>(data.size()));
      database.step(mailbox);
      sqlite3_bind_int64(message, 1, id);
      sqlite3_bind_int64(message, 2, static_cast<std::int64_t>(number));
      sqlite3_bind_int64(message, 3, static_cast<std::int64_t>(data.size()));
      database.step(message);
    }
  });
}

double raw_loopback(double seconds) {
  Listening listening;
  Client client(listening.port);
  const int peer = accept(listening.fd, nullptr, nullptr);
  std::thread sender([&] {
    const std::string bytes(1 << 18, 'x');
    const auto begin = Clock::now();
    while (seconds_since(begin) < seconds) client.send(bytes);
    shutdown(client.fd(), SHUT_WR);
  });
  std::vector<char> bytes(1 << 18);
  std::uint64_t total = 0;
  const auto begin = Clock::now();
  for (ssize_t count = 0; (count = recv(peer, bytes.data(), bytes.size(), 0)) > 0;)
    total += static_cast<std::uint64_t>(count);
  const double rate = static_cast<double>(total) / seconds_since(begin);
  sender.join();
  close(peer);
  return rate;
}

double raw_connects(double seconds) {
  Listening listening;
  std::uint64_t count = 0;
  const auto begin = Clock::now();
  while (seconds_since(begin) < seconds) {
    const Client client(listening.port);
    close(accept(listening.fd, nullptr, nullptr));
    ++count;
  }
  return static_cast<double>(count) / seconds_since(begin);
}

std::vector<double> raw_syncs(const std::filesystem::path& scratch, double seconds,
                              std::chrono::milliseconds pause) {
  const std::filesystem::path file = scratch / ("postroom-raw-" + std::to_string(getpid()) + ".sync");
  const int fd = open(file.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  const std::string bytes(4096, 'x');
  std::vector<double> times;
  const auto begin = Clock::now();
  while (seconds_since(begin) < seconds) {
    const auto start = Clock::now();
    if (write(fd, bytes.data(), bytes.size()) < 0 || fdatasync(fd) != 0)
      throw std::runtime_error("cannot sync");
    times.push_back(seconds_since(start));
    if (pause.count() > 0) std::this_thread::sleep_for(pause);
  }
  close(fd);
  std::filesystem::remove(file);
  return times;
}

void copy_database(const std::filesystem::path& from, const std::filesystem::path& to) {
  sqlite3* source = nullptr;
  sqlite3* target = nullptr;
  must(sqlite3_open_v2(from.c_str(), &source, SQLITE_OPEN_READONLY, nullptr), source);
  must(sqlite3_open(to.c_str(), &target), target);
  // Synced as it grows: one sync of all of it would make everybody's next sync wait for it.
  must(sqlite3_exec(target, "PRAGMA synchronous = OFF", nullptr, nullptr, nullptr), target);
  std::atomic<bool> copied = false;
  std::thread syncing([&] {
    const int fd = open(to.c_str(), O_RDWR | O_CLOEXEC);
    while (!copied && fd >= 0 && fdatasync(fd) == 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    if (fd >= 0) close(fd);
  });
  sqlite3_backup* backup = sqlite3_backup_init(target, "main", source, "main");
  if (!backup) throw std::runtime_error(sqlite3_errmsg(target));
  // In steps, the copy would start again whenever somebody writes.
  must(sqlite3_backup_step(backup, -1), target);
  must(sqlite3_backup_finish(backup), target);
  copied = true;
  syncing.join();
  sqlite3_close(source);
  sqlite3_close(target);
}

}  // namespace postroom::bench
