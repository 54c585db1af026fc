// Starting, feeding and measuring the server under test; the blocking client.
#include <arpa/inet.h>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sstream>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"

namespace postroom::bench {

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (std::string& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

/// Starts a program with its input and output at the given descriptors; -1 leaves them.
pid_t spawn(std::vector<std::string> words, int in, int out, int err) {
  const pid_t pid = fork();
  if (pid < 0) fail("fork");
  if (pid > 0) return pid;
  if (in >= 0) dup2(in, 0);
  if (out >= 0) dup2(out, 1);
  if (err >= 0) dup2(err, 2);
  const auto argv = pointers(words);
  execv(argv[0], argv.data());
  _exit(127);
}

void run(std::vector<std::string> words, std::string_view input) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail("pipe");
  const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  const std::string shown = words[0] + " " + words[3] + " " + words[4];
  const pid_t pid = spawn(std::move(words), ends[0], null, -1);
  if (write(ends[1], input.data(), input.size()) < 0) fail("write");
  close(ends[0]);
  close(ends[1]);
  close(null);
  int status = 0;
  waitpid(pid, &status, 0);
  if (status != 0) throw std::runtime_error(shown + " failed");
}

}  // namespace

Server::Server(const Options& options, int users, const std::string& more) : binary_(options.binary) {
  std::string pattern = (options.scratch / "postroom-bench-XXXXXX").string();
  if (!mkdtemp(pattern.data())) fail("mkdtemp");
  directory_ = pattern;
  std::ofstream config(directory_ / "postroom.toml");
  config << "hostname = \"mx." << kDomain << "\"\ndata = \"" << (directory_ / "data").string()
         << "\"\n[listen]\n"
         << "smtp = [\"127.0.0.1:0\"]\nimap = [\"127.0.0.1:0\"]\nimaps = [\"127.0.0.1:0\"]\n"
         << "submission = [\"127.0.0.1:0\"]\nsubmissions = []\npop3 = []\npop3s = []\n"
         << "[limits]\nconnections = 15000\nconnections_per_address = 15000\n";
  for (const char* limit :
       {"messages_per_hour", "messages_per_day", "recipients_per_hour", "recipients_per_day"})
    config << "sent_" << limit << " = 100000000\n";
  config << "[log]\nlevel = \"error\"\n" << more;
  config.close();
  make_users(users);
  start();
}

Server::~Server() {
  try {
    stop();
  } catch (const std::exception&) {
  }
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void Server::make_users(int count) const {
  const std::string config = (directory_ / "postroom.toml").string();
  run({binary_.string(), "--config", config, "domain", "add", kDomain}, "");
  for (int i = 0; i < count; ++i)
    run({binary_.string(), "--config", config, "user", "add", user(i), "--password-stdin"},
        std::string(kPassword) + "\n");
}

void Server::start() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail("pipe");
  const auto begin = Clock::now();
  pid_ = spawn({binary_.string(), "--config", (directory_ / "postroom.toml").string(), "serve"}, -1, ends[1],
               -1);
  close(ends[1]);
  std::string line;
  char c = 0;
  while (read(ends[0], &c, 1) == 1 && c != '\n') line += c;
  startup_ = seconds_since(begin);
  close(ends[0]);
  if (!line.starts_with("ready")) throw std::runtime_error("the server did not get ready: " + line);
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    const std::size_t equal = word.find('=');
    const std::size_t colon = word.rfind(':');
    if (equal != std::string::npos)
      ports_[word.substr(0, equal)] = static_cast<std::uint16_t>(std::stoi(word.substr(colon + 1)));
  }
}

void Server::stop() {
  if (pid_ == 0) return;
  kill(pid_, SIGTERM);
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = 0;
  if (status != 0) throw std::runtime_error("the server did not end with 0");
}

std::uint64_t Server::rss() const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stoull(line.substr(6)) * 1024;
  return 0;
}

double Server::cpu() const {
  std::ifstream stat("/proc/" + std::to_string(pid_) + "/stat");
  std::string line;
  std::getline(stat, line);
  std::istringstream fields(line.substr(line.rfind(')') + 2));
  std::string skip;
  for (int i = 0; i < 11; ++i) fields >> skip;
  double user_ticks = 0;
  double system_ticks = 0;
  fields >> user_ticks >> system_ticks;
  return (user_ticks + system_ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::uint16_t free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  close(fd);
  if (!bound) fail("there is no free port");
  return ntohs(address.sin_port);
}

Client::Client(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (fd_ < 0) fail("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    close(fd_);
    fail("connect");
  }
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Client::~Client() { close(fd_); }

void Client::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0) fail("send");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::string Client::line() {
  for (;;) {
    const std::size_t end = in_.find("\r\n", at_);
    if (end != std::string::npos) {
      std::string result = in_.substr(at_, end - at_);
      at_ = end + 2;
      return result;
    }
    in_.erase(0, at_);
    at_ = 0;
    char bytes[65536];
    const ssize_t count = recv(fd_, bytes, sizeof bytes, 0);
    if (count <= 0) throw std::runtime_error("the server closed the connection");
    in_.append(bytes, static_cast<std::size_t>(count));
  }
}

std::uint64_t Client::imap(std::string_view command) {
  send("x " + std::string(command) + "\r\n");
  std::string tail = "\n" + in_.substr(at_);
  in_.clear();
  at_ = 0;
  std::uint64_t total = 0;
  std::vector<char> bytes(1 << 18);
  for (;;) {
    // The tagged line comes last; all the rest is only counted.
    const std::size_t tagged = tail.find("\nx ");
    if (tagged != std::string::npos && tail.ends_with("\r\n")) {
      if (tail.substr(tagged + 3, 2) != "OK")
        throw std::runtime_error(std::string(command) + ": " + tail.substr(tagged));
      return total;
    }
    const ssize_t count = recv(fd_, bytes.data(), bytes.size(), 0);
    if (count <= 0) throw std::runtime_error("the server closed the connection");
    total += static_cast<std::uint64_t>(count);
    tail.append(bytes.data(), static_cast<std::size_t>(count));
    if (tail.size() > 512) tail.erase(0, tail.size() - 512);
  }
}

}  // namespace postroom::bench
