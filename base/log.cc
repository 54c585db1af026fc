// The only file that includes spdlog. Its async queue is bounded: a slow stderr costs the oldest events,
// never a wait.
#include "base/log.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <memory>
#include <mutex>
#include <poll.h>
#include <pthread.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>
#include <utility>

namespace postroom::log {

namespace {

constexpr std::size_t kQueue = 1024;
/// Longer values are cut: one event must not be a page of what a peer has sent.
constexpr std::size_t kMaxValue = 512;
constexpr const char* kPattern = "%Y-%m-%dT%H:%M:%SZ %l %v";

/// How long a stop waits for whoever reads stderr, in all.
constexpr std::chrono::seconds kStopPatience{1};

using Clock = std::chrono::steady_clock;

/// When a stderr that nobody reads is given up: not while the server runs.
std::atomic<Clock::time_point> give_up_at = Clock::time_point::max();

/// Waits until stderr takes something; false: in vain.
bool wait_for_room() {
  constexpr std::chrono::milliseconds at_a_time{100};  // give_up_at may change meanwhile
  for (;;) {
    pollfd room{STDERR_FILENO, POLLOUT, 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(give_up_at.load() - Clock::now());
    const auto wait = std::clamp(left, std::chrono::milliseconds(0), at_a_time);
    if (::poll(&room, 1, static_cast<int>(wait.count())) > 0) return true;
    if (left.count() <= 0) return false;
  }
}

void write_all(std::string_view bytes) {
  while (!bytes.empty() && wait_for_room()) {
    // A pipe that has room takes so much without waiting.
    const ssize_t count = ::write(STDERR_FILENO, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

/// Writes whole lines, and before the next one how many the queue had to drop.
class StderrSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  StderrSink()
      : base_sink(std::make_unique<spdlog::pattern_formatter>(kPattern, spdlog::pattern_time_type::utc)) {}

  /// The queue whose drops are told; null: there is none any more. What the one before has dropped is told
  /// even so.
  void watch(spdlog::details::thread_pool* pool) {
    const std::lock_guard guard(mutex_);
    untold_ = dropped();
    pool_ = pool;
    told_ = 0;
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    report_dropped();
    print(message);
  }
  void flush_() override {}

 private:
  std::size_t dropped() const { return untold_ + (pool_ != nullptr ? pool_->overrun_counter() - told_ : 0); }

  void report_dropped() {
    const std::size_t count = dropped();
    if (count == 0) return;
    const std::string text = "log.dropped count=" + std::to_string(count);
    told_ += count - std::exchange(untold_, 0);
    print(spdlog::details::log_msg("", spdlog::level::warn, text));
  }

  void print(const spdlog::details::log_msg& message) {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    write_all(std::string_view(line.data(), line.size()));
  }

  spdlog::details::thread_pool* pool_ = nullptr;
  std::size_t told_ = 0;    // of what pool_ dropped
  std::size_t untold_ = 0;  // of what pools before it dropped
};

/// The process has one stderr, and so one log.
class Log {
 public:
  void start() {
    give_up_at = Clock::time_point::max();
    const auto pool = std::make_shared<spdlog::details::thread_pool>(
        kQueue, 1, [] { pthread_setname_np(pthread_self(), "pr-log"); });
    auto logger = std::make_shared<spdlog::async_logger>("", sink_, pool,
                                                         spdlog::async_overflow_policy::overrun_oldest);
    const Pool before = swap(pool, std::move(logger));
    sink_->watch(pool.get());
  }

  void stop() {
    give_up_at = Clock::now() + kStopPatience;
    const Pool before = swap(nullptr, std::make_shared<spdlog::logger>("", sink_));
    sink_->watch(nullptr);
    // `before` writes what it holds and joins its thread here, as it goes.
  }

  void write(Level level, const std::string& text) {
    static constexpr spdlog::level::level_enum levels[] = {spdlog::level::debug, spdlog::level::info,
                                                           spdlog::level::warn, spdlog::level::err};
    std::shared_ptr<spdlog::logger> logger;
    {
      const std::lock_guard guard(mutex_);
      logger = logger_;
    }
    logger->log(levels[static_cast<std::size_t>(level)], text);
  }

  std::atomic<Level> threshold = Level::info;

 private:
  using Pool = std::shared_ptr<spdlog::details::thread_pool>;

  /// Returns the pool of before.
  Pool swap(Pool pool, std::shared_ptr<spdlog::logger> logger) {
    logger->set_level(spdlog::level::trace);
    const std::lock_guard guard(mutex_);
    logger_.swap(logger);
    pool_.swap(pool);
    return pool;
  }

  const std::shared_ptr<StderrSink> sink_ = std::make_shared<StderrSink>();
  std::mutex mutex_;
  std::shared_ptr<spdlog::logger> logger_ = [this] {
    auto logger = std::make_shared<spdlog::logger>("", sink_);
    logger->set_level(spdlog::level::trace);
    return logger;
  }();
  Pool pool_;
};

Log& the_log() {
  static Log log;
  return log;
}

bool is_plain(char c) { return c > ' ' && c <= '~' && c != '"' && c != '\\' && c != '='; }

/// Whatever a peer put into it, it stays one printable word on one line.
void append_value(std::string& line, std::string_view value) {
  const std::string_view shown = value.substr(0, kMaxValue);
  bool plain = !value.empty() && shown.size() == value.size();
  for (const char c : shown) plain = plain && is_plain(c);
  if (plain) {
    line.append(shown);
    return;
  }
  static constexpr std::string_view digits = "0123456789abcdef";
  line += '"';
  for (const char c : shown) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      line.append({'\\', c});
    } else if (c >= ' ' && c <= '~') {
      line += c;
    } else {
      line.append({'\\', 'x', digits[byte >> 4], digits[byte & 15U]});
    }
  }
  if (shown.size() < value.size())
    line.append("... of ").append(std::to_string(value.size())).append(" bytes");
  line += '"';
}

}  // namespace

void start(Level threshold) {
  set_level(threshold);
  the_log().start();
}

void stop() { the_log().stop(); }

void set_level(Level threshold) { the_log().threshold = threshold; }

void write(Level level, std::string_view name, std::initializer_list<Field> fields) {
  if (level < the_log().threshold) return;
  std::string line(name);
  for (const Field& field : fields) {
    line.append(" ").append(field.key).append("=");
    append_value(line, field.value);
  }
  the_log().write(level, line);
}

}  // namespace postroom::log
