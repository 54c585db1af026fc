// A Dovecot of its own in a scratch directory, set up as fast as it goes: sdbox, login processes that live on
// and wait ready, an authentication cache, no limits in the way. What it stores it syncs where it would by
// default.
#include <fcntl.h>
#include <fstream>
#include <optional>
#include <pwd.h>
#include <signal.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "tests/bench/beside.h"

namespace postroom::bench {

namespace {

std::filesystem::path find_program() {
  for (const char* path : {"/usr/sbin/dovecot", "/usr/local/sbin/dovecot"})
    if (access(path, X_OK) == 0) return path;
  return {};
}

/// Who its processes run as: somebody else than root, if root runs the benchmark.
const passwd& worker() {
  const passwd* entry = geteuid() == 0 ? getpwnam("dovecot") : getpwuid(geteuid());
  if (!entry) throw std::runtime_error("there is no user to run Dovecot as");
  return *entry;
}

std::string configuration(const std::filesystem::path& directory, std::uint16_t imap, std::uint16_t lmtp,
                          bool durable) {
  const std::string in = directory.string();
  const std::string user = worker().pw_name;
  const std::string imap_text = std::to_string(imap);
  const std::string lmtp_text = std::to_string(lmtp);
  return "protocols = imap lmtp\nlisten = 127.0.0.1\nssl = no\ndisable_plaintext_auth = no\n"
         "instance_name = postroom-bench\nlog_path = " +
         in + "/log\nbase_dir = " + in + "/run\nstate_dir = " + in +
         "/state\n"
         "default_internal_user = " +
         user + "\ndefault_login_user = " + user +
         "\n"
         "default_process_limit = 2000\ndefault_client_limit = 20000\ndefault_vsz_limit = 0\n"
         "mail_location = sdbox:" +
         in + "/mail/%u\nmail_uid = " + user + "\nmail_gid = " + std::to_string(worker().pw_gid) +
         "\nfirst_valid_uid = 1\nfirst_valid_gid = 0\nmail_max_userip_connections = 0\n"
         "mail_fsync = " +
         (durable ? "optimized" : "never") +
         "\nnamespace inbox {\n  inbox = yes\n  separator = /\n}\n"
         "auth_cache_size = 10M\nauth_cache_ttl = 1 hour\nauth_verbose = no\n"
         "passdb {\n  driver = passwd-file\n  args = scheme=PLAIN username_format=%u " +
         in +
         "/users\n}\n"
         "userdb {\n  driver = static\n  args = home=" +
         in +
         "/mail/%u allow_all_users=yes\n}\n"
         "service imap-login {\n  chroot =\n  inet_listener imap {\n    port = " +
         imap_text +
         "\n  }\n  inet_listener imaps {\n    port = 0\n  }\n"
         "  service_count = 0\n  process_min_avail = 2\n}\n"
         "service imap {\n  service_count = 1000\n  process_min_avail = 12\n}\n"
         "service lmtp {\n  process_min_avail = 2\n  inet_listener lmtp {\n    port = " +
         lmtp_text +
         "\n  }\n}\nservice anvil {\n  chroot =\n}\nprotocol lmtp {\n  postmaster_address = postmaster@" +
         kDomain + "\n}\n";
}

class Dovecot {
 public:
  Dovecot(const Options& options, const std::filesystem::path& program)
      : imap(free_port()), lmtp(free_port()), program_(program) {
    std::string pattern = (options.scratch / "postroom-bench-XXXXXX").string();
    if (!mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp failed");
    directory_ = pattern;
    std::filesystem::create_directory(directory_ / "mail");
    for (const std::filesystem::path& made : {directory_, directory_ / "mail"})
      if (geteuid() == 0 && chown(made.c_str(), worker().pw_uid, worker().pw_gid) != 0)
        throw std::runtime_error("chown failed");
    std::filesystem::permissions(directory_, std::filesystem::perms(0755));
    std::ofstream users(directory_ / "users");
    for (int who = 0; who < kUsers; ++who) users << user(who) << ":" << kPassword << "\n";
    users.close();
    start(true);
  }
  Dovecot(const Dovecot&) = delete;
  Dovecot& operator=(const Dovecot&) = delete;
  ~Dovecot() {
    stop();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  void stop() const {
    kill(pid, SIGTERM);
    waitpid(pid, nullptr, 0);
  }
  void start(bool durable) {
    const std::filesystem::path config = directory_ / "dovecot.conf";
    std::ofstream(config) << configuration(directory_, imap, lmtp, durable);
    pid = fork();
    if (pid < 0) throw std::runtime_error("fork failed");
    if (pid == 0) {
      prctl(PR_SET_PDEATHSIG, SIGTERM);
      execl(program_.c_str(), program_.c_str(), "-F", "-c", config.c_str(), nullptr);
      _exit(127);
    }
    for (int i = 0; i < 200; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      if (waitpid(pid, nullptr, WNOHANG) == pid) break;
      try {
        Client client(imap);
        if (client.line().starts_with("* OK")) return;
      } catch (const std::exception&) {
      }
    }
    throw std::runtime_error("Dovecot did not start; see " + (directory_ / "log").string());
  }

  const std::uint16_t imap;
  const std::uint16_t lmtp;
  pid_t pid = 0;

 private:
  const std::filesystem::path program_;
  std::filesystem::path directory_;
};

}  // namespace

std::optional<Subject> start_dovecot(const Options& options) {
  const std::filesystem::path program = find_program();
  if (program.empty()) return std::nullopt;
  const auto dovecot = std::make_shared<Dovecot>(options, program);
  Subject subject;
  subject.name = "Dovecot";
  subject.imap = dovecot->imap;
  subject.mail = dovecot->lmtp;
  subject.hello = "LHLO";
  subject.pid = dovecot->pid;
  subject.server = dovecot;
  subject.restart = [&running = *dovecot](Subject& it, bool durable) {
    running.stop();
    running.start(durable);
    it.pid = running.pid;
  };
  return subject;
}

}  // namespace postroom::bench
