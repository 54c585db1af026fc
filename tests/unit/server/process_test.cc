// server/process.h, server/uv_signals.h.
#include "server/process.h"

#include <csignal>
#include <cstdlib>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/uv_signals.h"
#include "tests/support/temporary_folder.h"

namespace postroom {
namespace {

TEST(ProcessTest, RaisesItsLimitAndLivesThroughABrokenPipe) {
  const std::size_t descriptors = prepare_process();
  rlimit files{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &files), 0);
  EXPECT_EQ(files.rlim_cur, files.rlim_max);
  EXPECT_EQ(descriptors, files.rlim_cur);
  std::raise(SIGPIPE);
}

Task<> stop_self(ProcessSignals& signals, int& stops, bool& reload) {
  std::raise(SIGHUP);
  std::raise(SIGHUP);
  co_await signals.changed().wait();
  reload = signals.take_reload();
  EXPECT_FALSE(signals.take_reload());
  std::raise(SIGTERM);
  while (signals.stops() < 1) {
    co_await signals.changed().wait();
  }
  std::raise(SIGINT);
  while (signals.stops() < 2) {
    co_await signals.changed().wait();
  }
  stops = signals.stops();
}

TEST(ProcessTest, SignalsAreHeardOnTheLoop) {
  UvRuntime runtime(1);
  ProcessSignals signals(runtime);
  int stops = 0;
  bool reload = false;
  runtime.spawn(stop_self(signals, stops, reload));
  runtime.run();
  EXPECT_TRUE(reload);
  EXPECT_EQ(stops, 2);
}

class NotifyTest : public ::testing::Test {
 protected:
  ~NotifyTest() override { ::unsetenv("NOTIFY_SOCKET"); }

  /// What arrives at a socket of this name when systemd is told of "READY=1".
  static std::string notified(const std::string& name) {
    const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path);
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), length), 0);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    notify_service_manager("READY=1");
    char bytes[100];
    const ssize_t count = ::recv(descriptor, bytes, sizeof bytes, MSG_DONTWAIT);
    ::close(descriptor);
    return count > 0 ? std::string(bytes, static_cast<std::size_t>(count)) : "";
  }
};

TEST_F(NotifyTest, TellsAPath) {
  testing::TemporaryFolder directory;
  EXPECT_EQ(notified((directory.path() / "socket").string()), "READY=1");
}

TEST_F(NotifyTest, TellsAnAbstractName) {
  EXPECT_EQ(notified("@postroom-test-" + std::to_string(::getpid())), "READY=1");
}

TEST_F(NotifyTest, NobodyToTellIsFine) {
  notify_service_manager("READY=1");
  ::setenv("NOTIFY_SOCKET", std::string(500, 'x').c_str(), 1);
  notify_service_manager("READY=1");
  ::setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
  notify_service_manager("READY=1");
}

}  // namespace
}  // namespace postroom
