// base/log.h, seen through a stderr of our own.
#include "base/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <regex>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include "base/text.h"

namespace postroom {
namespace {

/// stderr is a pipe while this lives.
class CapturedStderr {
 public:
  CapturedStderr() : saved_(::dup(STDERR_FILENO)) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    read_end_ = ends[0];
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[1]);
  }
  ~CapturedStderr() {
    restore();
    ::close(read_end_);
  }

  /// Everything written until now, after which stderr is what it was.
  std::string text() {
    restore();
    return read_all();
  }
  /// Until the other end is closed.
  std::string read_all() {
    std::string all;
    char piece[4096];
    for (ssize_t count = 0; (count = ::read(read_end_, piece, sizeof piece)) > 0;)
      all.append(piece, static_cast<std::size_t>(count));
    return all;
  }
  void restore() {
    if (saved_ < 0) return;
    ::dup2(saved_, STDERR_FILENO);
    ::close(std::exchange(saved_, -1));
  }

 private:
  int saved_;
  int read_end_ = -1;
};

TEST(Log, OneEventIsOneLine) {
  CapturedStderr captured;
  log::info("smtp.delivered", {{"id", "abc-1"}, {"size", 4096}});
  const std::string text = captured.text();
  const std::regex shape(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ info smtp\.delivered id=abc-1 size=4096\n)");
  EXPECT_TRUE(std::regex_match(text, shape)) << text;
}

TEST(Log, HostileValuesStayOneWordOnOneLine) {
  CapturedStderr captured;
  log::warning("smtp.rejected",
               {{"from", "a\r\n2026-01-01T00:00:00Z info forged x=1"}, {"to", "\x1b[2J\"\\\x9b"}});
  log::warning("smtp.rejected",
               {{"empty", ""}, {"equals", "a=b"}, {"space", "a b"}, {"plain", "<a@b.example>"}});
  const std::string text = captured.text();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_NE(text.find(R"(from="a\x0d\x0a2026-01-01T00:00:00Z info forged x=1" to="\x1b[2J\"\\\x9b")"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(R"(empty="" equals="a=b" space="a b" plain=<a@b.example>)"), std::string::npos) << text;
}

TEST(Log, LongValuesAreCut) {
  CapturedStderr captured;
  log::warning("imap.bad", {{"line", std::string(100000, 'x')}});
  const std::string text = captured.text();
  EXPECT_LT(text.size(), 700U);
  EXPECT_NE(text.find("xxx... of 100000 bytes\""), std::string::npos);
}

TEST(Log, BelowTheThresholdNothingIsWritten) {
  CapturedStderr captured;
  log::debug("a.hidden");
  log::set_level(log::Level::warning);
  log::info("b.hidden");
  log::warning("c.shown");
  log::set_level(log::Level::debug);
  log::debug("d.shown");
  log::set_level(log::Level::info);
  const std::string text = captured.text();
  EXPECT_EQ(text.find("hidden"), std::string::npos);
  EXPECT_NE(text.find(" warning c.shown\n"), std::string::npos);
  EXPECT_NE(text.find(" debug d.shown\n"), std::string::npos);
}

TEST(Log, StopWritesWhatIsQueuedInOrder) {
  CapturedStderr captured;
  log::start(log::Level::info);
  for (int i = 0; i < 500; ++i) log::info("test.event", {{"n", i}});
  log::stop();
  log::info("test.after");
  const std::string text = captured.text();
  std::size_t at = 0;
  for (int i = 0; i < 500; ++i) {
    at = text.find(" n=" + std::to_string(i) + "\n", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
  EXPECT_NE(text.find("test.after", at), std::string::npos);
}

TEST(Log, AStalledReaderCostsTheOldestEventsAndIsTold) {
  CapturedStderr captured;
  log::start(log::Level::info);
  const int total = 5000;  // the pipe takes 64 KiB, the queue 1,024 events
  for (int i = 0; i < total; ++i) log::info("test.event", {{"n", i}, {"padding", std::string(100, 'x')}});
  std::string text;
  std::thread reader([&] { text = captured.read_all(); });
  log::stop();
  captured.restore();
  reader.join();

  int seen = 0;
  int dropped = 0;
  for (const std::string_view line : split(text, '\n')) {
    if (line.find("test.event") != std::string_view::npos) ++seen;
    const std::size_t at = line.find("log.dropped count=");
    if (at != std::string_view::npos) dropped += std::stoi(std::string(line.substr(at + 18)));
  }
  EXPECT_GT(dropped, 0);
  EXPECT_EQ(seen + dropped, total);
  EXPECT_NE(text.find(" n=4999 "), std::string::npos);  // the newest is there
}

TEST(Log, AStopGivesUpAReaderThatDoesNotRead) {
  CapturedStderr captured;
  log::start(log::Level::info);
  for (int i = 0; i < 5000; ++i) log::info("test.event", {{"n", i}, {"padding", std::string(100, 'x')}});
  const auto began = std::chrono::steady_clock::now();
  log::stop();
  log::info("test.after");
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
  EXPECT_NE(captured.text().find("test.event"), std::string::npos);
}

}  // namespace
}  // namespace postroom
