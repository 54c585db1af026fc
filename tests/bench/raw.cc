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

double raw_sqlite(const std::filesystem::path& scratch, std::size_t size, int batch, double seconds) {
  const std::filesystem::path file = scratch / ("postroom-raw-" + std::to_string(getpid()) + ".db");
  sqlite3* database = nullptr;
  must(sqlite3_open(file.c_str(), &database), database);
  must(sqlite3_exec(database,
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                    "CREATE TABLE raw (id INTEGER PRIMARY KEY, data BLOB NOT NULL)",
                    nullptr, nullptr, nullptr),
       database);
  sqlite3_stmt* insert = nullptr;
  must(sqlite3_prepare_v2(database, "INSERT INTO raw (data) VALUES (?1)", -1, &insert, nullptr), database);
  std::uint64_t count = 0;
  const auto begin = Clock::now();
  while (seconds_since(begin) < seconds) {
    must(sqlite3_exec(database, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), database);
    for (int i = 0; i < batch; ++i) {
      const std::string data = make_message(size, ++count);
      sqlite3_bind_blob(insert, 1, data.data(), static_cast<int>(data.size()), SQLITE_STATIC);
      must(sqlite3_step(insert), database);
      sqlite3_reset(insert);
    }
    must(sqlite3_exec(database, "COMMIT", nullptr, nullptr, nullptr), database);
  }
  const double rate = static_cast<double>(count) / seconds_since(begin);
  sqlite3_finalize(insert);
  sqlite3_close(database);
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file.string() + suffix);
  return rate;
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
