// The benchmark: a load generator against the real binary, beside the raw limit of the same work in the same
// run.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace postroom::bench {

using Clock = std::chrono::steady_clock;

inline double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Options {
  std::filesystem::path binary;
  std::filesystem::path scratch;   ///< where data directories are made: its disk is the one that is measured
  double seconds = 3;              ///< how long each rate is measured
  bool quick = false;              ///< small sizes: shows that everything runs, not how fast
  std::string only;                ///< run only sections whose name starts with this
  std::string part;                ///< of sections imap and relay, only parts whose name starts with this
  std::uint64_t messages = 20000;  ///< in the largest mailbox of section imap
};

/// A server of its own in a scratch directory, stopped and removed at the end.
class Server {
 public:
  /// `more` of the configuration, as TOML.
  explicit Server(const Options& options, int users = 50, const std::string& more = {});
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  std::uint16_t port(const std::string& service) const { return ports_.at(service); }
  pid_t pid() const { return pid_; }
  /// Resident bytes.
  std::uint64_t rss() const;
  /// User and system CPU used so far, seconds.
  double cpu() const;
  double startup_seconds() const { return startup_; }
  std::filesystem::path database() const { return directory_ / "data/postroom.db"; }
  void stop();
  void start();

 private:
  void make_users(int count) const;

  std::filesystem::path binary_;
  std::filesystem::path directory_;
  std::map<std::string, std::uint16_t> ports_;
  pid_t pid_ = 0;
  double startup_ = 0;
};

inline constexpr const char* kDomain = "bench.example";
inline constexpr const char* kPassword = "correct horse";
inline std::string user(int number) { return "u" + std::to_string(number) + "@" + kDomain; }

/// A blocking TCP connection on loopback for conversations that are not measured one by one.
class Client {
 public:
  explicit Client(std::uint16_t port);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  int fd() const { return fd_; }
  void send(std::string_view bytes) const;
  /// One line without its CRLF.
  std::string line();
  /// Sends "tag command" and reads to the tagged OK; returns how many bytes came. Throws on NO and BAD.
  std::uint64_t imap(std::string_view command);

 private:
  int fd_;
  std::string in_;
  std::size_t at_ = 0;
};

struct Delivered {
  std::uint64_t messages = 0;
  double seconds = 0;
  std::vector<double> latencies;  ///< from the end of the data to the 250, in seconds
  double percentile(double share) const;
};

struct DeliveryLoad {
  int connections = 1;
  int recipients = 1;
  std::size_t size = 4096;  ///< of one message, bytes
  double seconds = 3;
  std::uint64_t messages = 0;  ///< stop after so many; 0: by time only
  int first_user = 0;          ///< recipients are users from this number on
  int users = 50;
  double rate = 0;                ///< messages a second over all connections; 0: as fast as it goes
  std::function<bool()> keep_on;  ///< asked as it goes, when set
  std::string login;              ///< what is said before the first message, with CRLF; empty: nothing
  std::string sender = "sender@elsewhere.example";
  std::function<std::string(std::uint64_t number)>
      recipient;  ///< of each message, when set, instead of users
};

/// Delivers by SMTP with PIPELINING over `connections` connections; counts those answered with 250.
Delivered deliver(std::uint16_t port, const DeliveryLoad& load);
inline Delivered deliver(const Server& server, const DeliveryLoad& load) {
  return deliver(server.port("smtp"), load);
}

/// A message of about `size` bytes with the headers that mail has.
std::string make_message(std::size_t size, std::uint64_t number);

// The raw limits.
/// Bare SQLite, WAL, synchronous=FULL: rows of `size` bytes a second, `batch` rows in a commit.
double raw_sqlite(const std::filesystem::path& scratch, std::size_t size, int batch, double seconds);
struct RawMail {
  std::size_t size = 4096;  ///< of a message
  int recipients = 1;
  int batch = 1;  ///< messages in a commit
};
/// The same with the rows that a mail store needs: the bytes, what was computed from them, and for each
/// recipient a message row and the mailbox's counters. Messages a second.
double raw_mail_rows(const std::filesystem::path& scratch, const RawMail& mail, double seconds);
/// Bytes a second through one loopback TCP connection.
double raw_loopback(double seconds);
/// Connections a second made and closed on loopback.
double raw_connects(double seconds);
/// Seconds that append + fdatasync of 4 KiB took, one after another for `seconds`, with a pause between.
std::vector<double> raw_syncs(const std::filesystem::path& scratch, double seconds,
                              std::chrono::milliseconds pause);

/// A consistent copy of a database in use, in one read transaction.
void copy_database(const std::filesystem::path& from, const std::filesystem::path& to);

/// A port that nobody listens on now, for servers that cannot say where they listen.
std::uint16_t free_port();

// Output: one row a figure.
void heading(std::string_view title);
void row(std::string_view what, double figure, std::string_view unit, double raw = 0,
         std::string_view raw_what = {});
/// With a goal: says whether it is met.
void row_goal(std::string_view what, double figure, std::string_view unit, double limit, bool at_most);

double percentile(std::vector<double> values, double share);

// The sections.
void bench_startup(const Options& options);
void bench_deliveries(const Options& options);
void bench_fetch(const Options& options);
void bench_logins(const Options& options);
void bench_idle(const Options& options);
void bench_latency(const Options& options);
void bench_imap(const Options& options);
void bench_relay(const Options& options);

}  // namespace postroom::bench
