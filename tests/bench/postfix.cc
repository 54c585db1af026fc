// A Postfix of its own in a scratch directory, set up to pass mail on as fast as it goes: many processes, and
// nothing that holds mail up when more comes in than goes out. What it takes in it syncs, as always.
#include <fstream>
#include <pwd.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/relay.h"

namespace postroom::bench {

namespace {

constexpr const char* kServices =
    " inet n - n - - smtpd\npickup unix n - n 60 1 pickup\ncleanup unix n - n - 0 cleanup\n"
    "qmgr unix n - n 300 1 qmgr\nrewrite unix - - n - - trivial-rewrite\nbounce unix - - n - 0 bounce\n"
    "defer unix - - n - 0 bounce\ntrace unix - - n - 0 bounce\nproxymap unix - - n - - proxymap\n"
    "smtp unix - - n - - smtp\nshowq unix n - n - - showq\nerror unix - - n - - error\n"
    "retry unix - - n - - error\nanvil unix - - n - 1 anvil\nscache unix - - n - 1 scache\n"
    "postlog unix-dgram n - n - 1 postlogd\n";

class Postfix {
 public:
  Postfix(const Options& options, std::uint16_t to) : port(free_port()) {
    std::string pattern = (options.scratch / "postroom-bench-XXXXXX").string();
    if (!mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp failed");
    directory_ = pattern;
    std::filesystem::permissions(directory_, std::filesystem::perms(0755));
    for (const char* name : {"config", "queue", "data"}) std::filesystem::create_directory(directory_ / name);
    const passwd* owner = getpwnam("postfix");
    if (!owner || chown((directory_ / "data").c_str(), owner->pw_uid, owner->pw_gid) != 0)
      throw std::runtime_error("there is no user to run Postfix as");
    std::ofstream(directory_ / "config/master.cf") << "127.0.0.1:" << port << kServices;
    std::ofstream(directory_ / "config/main.cf") << configuration(to);
    if (run("start") != 0) throw std::runtime_error("Postfix did not start; see " + directory_.string());
  }
  Postfix(const Postfix&) = delete;
  Postfix& operator=(const Postfix&) = delete;
  ~Postfix() {
    run("stop");
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  pid_t pid() const {
    std::ifstream file(directory_ / "queue/pid/master.pid");
    pid_t pid = 0;
    file >> pid;
    return pid;
  }

  const std::uint16_t port;

 private:
  std::string configuration(std::uint16_t to) const {
    const std::string in = directory_.string();
    return "compatibility_level = 3.6\nqueue_directory = " + in + "/queue\ndata_directory = " + in +
           "/data\nmaillog_file = /dev/null\nmaillog_file_prefixes = /dev\nmyhostname = mx." + kDomain +
           "\nmydestination =\nalias_maps =\nlocal_transport = error:none\nmynetworks = 127.0.0.0/8\n"
           "inet_interfaces = loopback-only\ninet_protocols = ipv4\nrelayhost = [127.0.0.1]:" +
           std::to_string(to) +
           "\nsmtpd_tls_security_level = none\nsmtp_tls_security_level = none\n"
           "in_flow_delay = 0\ndefault_process_limit = 200\ninitial_destination_concurrency = 20\n"
           "default_destination_concurrency_limit = 50\nsmtpd_client_connection_count_limit = 0\n"
           "smtp_destination_rate_delay = 0\nqmgr_message_active_limit = 100000\n";
  }

  int run(const char* verb) const {
    const pid_t child = fork();
    if (child == 0) {
      const std::string config = (directory_ / "config").string();
      execl("/usr/sbin/postfix", "postfix", "-c", config.c_str(), verb, nullptr);
      _exit(127);
    }
    int status = -1;
    waitpid(child, &status, 0);
    return status;
  }

  std::filesystem::path directory_;
};

}  // namespace

std::optional<Forwarder> start_postfix(const Options& options, std::uint16_t to) {
  if (geteuid() != 0 || access("/usr/sbin/postfix", X_OK) != 0) return std::nullopt;
  const auto postfix = std::make_shared<Postfix>(options, to);
  Forwarder forwarder;
  forwarder.name = "Postfix";
  forwarder.port = postfix->port;
  forwarder.pid = postfix->pid();
  forwarder.server = postfix;
  return forwarder;
}

}  // namespace postroom::bench
