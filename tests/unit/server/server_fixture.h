// The whole server in a process of its own, over real sockets and signals.
#pragma once

#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "base/text.h"
#include "config/load.h"
#include "server/server.h"
#include "tests/support/temporary_folder.h"

namespace postroom::testing {

inline std::string content(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

/// Tries again until it holds; false after 20 seconds.
template <class Condition>
bool eventually(Condition holds) {
  for (int i = 0; i < 2000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() { write_config(""); }
  ~ServerTest() override {
    if (process_ > 0) {
      ::kill(process_, SIGKILL);
      ::waitpid(process_, nullptr, 0);
    }
  }

  /// Every port on loopback, chosen by the system; `more` is what else the file says.
  void write_config(const std::string& more) const {
    std::ofstream file(config_file_);
    file << "hostname = \"mail.example.org\"\ndata = \"data\"\n" << more << "\n[listen]\n";
    for (const char* name : {"smtp", "submission", "submissions", "pop3", "pop3s", "imap", "imaps"})
      file << name << " = [\"127.0.0.1:0\"]\n";
  }

  Config config() const {
    const LoadedConfig loaded = load_config(config_file_.string(), false);
    EXPECT_TRUE(std::holds_alternative<Config>(loaded));
    return std::get<Config>(loaded);
  }

  /// Starts the server and waits for its ready line.
  void start() {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    process_ = ::fork();
    if (process_ == 0) run_child(ends[1]);
    ::close(ends[1]);
    ready_.clear();
    char byte = 0;
    while (::read(ends[0], &byte, 1) == 1 && byte != '\n') ready_ += byte;
    ::close(ends[0]);
    for (const std::string_view word : split(ready_, ' ')) {
      const std::size_t equals = word.find('=');
      if (equals == std::string_view::npos) continue;
      const std::string_view port = word.substr(word.rfind(':') + 1);
      ports_[std::string(word.substr(0, equals))] =
          static_cast<std::uint16_t>(parse_number(port).value_or(0));
    }
  }

  void signal(int number) const { ::kill(process_, number); }

  /// The exit code, within 20 seconds.
  int exit_code() {
    int status = -1;
    if (!eventually([&] { return ::waitpid(process_, &status, WNOHANG) == process_; })) return -1;
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  std::uint16_t port(const std::string& name) { return ports_[name]; }
  std::string errors() const { return content(folder_.path() / "stderr"); }

  bool logged(const std::string& text) const {
    return eventually([&] { return errors().find(text) != std::string::npos; });
  }

  const TemporaryFolder folder_;
  const std::filesystem::path config_file_ = folder_.path() / "postroom.toml";
  std::string ready_;

 private:
  [[noreturn]] void run_child(int output) const {
    ::dup2(output, STDOUT_FILENO);
    std::freopen((folder_.path() / "stderr").c_str(), "w", stderr);
    int code = 1;
    try {
      code = serve(config(), config_file_);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
    }
    ::_exit(code);
  }

  pid_t process_ = -1;
  std::map<std::string, std::uint16_t> ports_;
};

}  // namespace postroom::testing
