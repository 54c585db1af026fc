// server/server.h: the whole server in a process of its own, over real sockets and signals.
#include "server/server.h"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <optional>
#include <poll.h>
#include <sstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "base/crypto.h"
#include "base/text.h"
#include "config/load.h"
#include "server/private_file.h"
#include "server/tls_context.h"
#include "storage/sqlite/accounts.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/server/support.h"

namespace postroom {
namespace {

using namespace std::chrono_literals;
using testing::Client;
using testing::TemporaryFolder;

std::string content(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

/// Tries again until it holds; false after 10 seconds.
template <class Condition>
bool eventually(Condition holds) {
  for (int i = 0; i < 1000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(10ms);
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
    const LoadedConfig loaded = read_config(config_file_.string(), false);
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

  /// The exit code, within 10 seconds.
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

TEST_F(ServerTest, SaysWhereItListensAndStopsWhenTold) {
  start();
  EXPECT_EQ(ready_.substr(0, 20), "ready smtp=127.0.0.1");
  for (const char* name : {"smtp", "submission", "submissions", "pop3", "pop3s", "imap", "imaps"}) {
    EXPECT_NE(port(name), 0) << name;
    EXPECT_TRUE(Client(port(name)).connected()) << name;
  }
  signal(SIGTERM);
  EXPECT_EQ(exit_code(), 0);
  EXPECT_NE(errors().find("server.closed"), std::string::npos) << errors();
  EXPECT_FALSE(
      std::filesystem::exists(folder_.path() / "data" / "postroom.db-wal"));  // all of it is in one file
}

TEST_F(ServerTest, GreetsOnEveryPlainPort) {
  start();
  EXPECT_EQ(Client(port("smtp")).receive(4), "220 ");
  EXPECT_EQ(Client(port("submission")).receive(4), "220 ");
  EXPECT_EQ(Client(port("pop3")).receive(4), "+OK ");
  EXPECT_EQ(Client(port("imap")).receive(5), "* OK ");
}

TEST_F(ServerTest, IdleSessionsAreToldGoodbye) {
  start();
  Client smtp(port("smtp"));
  Client imap(port("imap"));
  Client pop3(port("pop3"));
  EXPECT_EQ(smtp.receive(4), "220 ");
  EXPECT_EQ(imap.receive(5), "* OK ");
  EXPECT_EQ(pop3.receive(4), "+OK ");
  signal(SIGTERM);
  EXPECT_NE(smtp.receive_all().find("\r\n421 "), std::string::npos);
  EXPECT_NE(imap.receive_all().find("\r\n* BYE "), std::string::npos);
  pop3.receive_all();
  EXPECT_FALSE(smtp.reset || imap.reset || pop3.reset);
  smtp.close();
  imap.close();
  pop3.close();
  EXPECT_EQ(exit_code(), 0);
}

class DeliveryTest : public ServerTest {
 protected:
  void SetUp() override {
    make_private_directory(folder_.path() / "data");
    sqlite::Connection db = sqlite::open_database(folder_.path() / "data" / "postroom.db");
    ASSERT_EQ(sqlite::add_domain(db, "example.org"), sqlite::DomainAdded::yes);
    ASSERT_EQ(sqlite::add_user(db, "alice@example.org", Verifier(), 0, WallTime()), sqlite::UserAdded::yes);
  }

  /// Up to the middle of a message.
  static void begin_message(Client& client) {
    EXPECT_TRUE(
        client.send("EHLO client.example.org\r\nMAIL FROM:<bob@example.net>\r\n"
                    "RCPT TO:<alice@example.org>\r\nDATA\r\n"));
    std::string replies;
    while (replies.find("\r\n354 ") == std::string::npos) {
      const std::string more = client.receive(1);
      if (more.empty()) break;
      replies += more;
    }
    EXPECT_TRUE(client.send("Subject: on its way\r\n\r\nfirst half, "));
  }

  std::uint64_t messages() const {
    sqlite::Connection db = sqlite::open_database(folder_.path() / "data" / "postroom.db");
    return sqlite::find_user(db, "alice@example.org").value().messages;
  }
};

TEST_F(DeliveryTest, AMessageOnItsWayIsFinishedBeforeTheEnd) {
  start();
  Client client(port("smtp"));
  begin_message(client);
  signal(SIGTERM);
  EXPECT_TRUE(logged("server.draining"));
  EXPECT_FALSE(Client(port("smtp")).connected());  // nobody new
  EXPECT_TRUE(client.send("second half\r\n.\r\n"));
  const std::string replies = client.receive_all();
  EXPECT_NE(replies.find("250 2.0.0"), std::string::npos) << replies;
  client.close();
  EXPECT_EQ(exit_code(), 0);
  EXPECT_EQ(messages(), 1U);
}

TEST_F(DeliveryTest, ASecondSignalEndsAtOnce) {
  start();
  Client client(port("smtp"));
  begin_message(client);
  signal(SIGTERM);
  EXPECT_TRUE(logged("server.draining"));
  signal(SIGTERM);
  EXPECT_EQ(exit_code(), 0);
  EXPECT_EQ(messages(), 0U);
}

TEST_F(ServerTest, OneServerForOneDirectory) {
  start();
  try {
    serve(config(), config_file_);
    FAIL() << "it started";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("another postroom serves"), std::string::npos) << error.what();
  }
}

TEST_F(ServerTest, SaysWhyItCannotStart) {
  start();
  Config taken = config();
  taken.data = (folder_.path() / "other").string();
  taken.listen.imap = {{"127.0.0.1", port("imap")}};
  try {
    serve(taken, config_file_);
    FAIL() << "it started";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("(listen.imap): address already in use"), std::string::npos)
        << error.what();
  }
}

/// What EHLO says now.
std::string capabilities(std::uint16_t port) {
  Client client(port);
  client.send("EHLO client.example.org\r\nQUIT\r\n");
  return client.receive_all();
}

/// A TLS session over a connected client's socket.
class TlsSession {
 public:
  explicit TlsSession(const Client& client) : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
    ssl_ = std::unique_ptr<SSL, decltype(&SSL_free)>(SSL_new(context_.get()), SSL_free);
    SSL_set_fd(ssl_.get(), client.descriptor());
    connected_ = SSL_connect(ssl_.get()) == 1;
  }
  bool connected() const { return connected_; }
  bool is_for(const std::string& hostname) const {
    const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(ssl_.get()), X509_free);
    return shown && X509_check_host(shown.get(), hostname.data(), hostname.size(), 0, nullptr) == 1;
  }
  void send(const std::string& text) { SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())); }
  /// Until the server closes.
  std::string receive_all() {
    std::string bytes;
    char piece[4096];
    for (int count = 0; (count = SSL_read(ssl_.get(), piece, sizeof piece)) > 0;)
      bytes.append(piece, static_cast<std::size_t>(count));
    return bytes;
  }

 private:
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, SSL_free};
  bool connected_ = false;
};

TEST_F(ServerTest, TlsFromTheFirstByteIsForItsHostname) {
  start();
  const std::pair<const char*, const char*> ports[] = {
      {"submissions", "QUIT\r\n"}, {"pop3s", "QUIT\r\n"}, {"imaps", "a LOGOUT\r\n"}};
  for (const auto& [name, quit] : ports) {
    Client client(port(name));
    TlsSession tls(client);
    EXPECT_TRUE(tls.connected()) << name;
    EXPECT_TRUE(tls.is_for("mail.example.org"));
    tls.send(quit);
    EXPECT_NE(tls.receive_all().find("mail.example.org"), std::string::npos) << name;
  }
}

// RFC 3207, RFC 2595. Nothing that came in the clear is heard after TLS began: SMTP and POP3 refuse when
// something follows at once, IMAP forgets it (RFC 2595 2.2).
TEST_F(ServerTest, TlsBeginsOnAPlainPort) {
  start();
  struct Case {
    const char* port;
    const char* begin;
    const char* answer;
    const char* after;
    const char* forbidden;
  };
  const Case cases[] = {
      {"smtp", "EHLO x\r\nSTARTTLS\r\n", "\r\n220 ", "EHLO y\r\nQUIT\r\n", "STARTTLS"},
      {"pop3", "STLS\r\n", "\r\n+OK ", "CAPA\r\nQUIT\r\n", "STLS"},
      {"imap", "a1 STARTTLS\r\na2 NOOP\r\n", "a1 OK ", "a3 LOGOUT\r\n", "\na2"},
  };
  for (const Case& each : cases) {
    Client client(port(each.port));
    client.send(each.begin);
    std::string plain;
    const auto answered = [&] {
      const std::size_t at = plain.find(each.answer);
      return at != std::string::npos && plain.find("\r\n", at + 2) != std::string::npos;
    };
    while (!answered()) {
      const std::string more = client.receive(1);
      if (more.empty()) break;
      plain += more;
    }
    TlsSession tls(client);
    ASSERT_TRUE(tls.connected()) << each.port << plain;
    tls.send(each.after);
    const std::string replies = "\n" + tls.receive_all();
    EXPECT_NE(replies, "\n") << each.port;
    EXPECT_EQ(replies.find(each.forbidden), std::string::npos) << replies;
  }
}

TEST_F(ServerTest, ReadsItsConfigurationAgain) {
  start();
  EXPECT_NE(capabilities(port("smtp")).find("SIZE 52428800"), std::string::npos);
  Client open(port("imap"));
  EXPECT_EQ(open.receive(5), "* OK ");

  TemporaryFolder other;
  const std::string pem = self_signed_certificate(other.path(), "new.example.org").string();
  write_config("[limits]\nmessage_size = \"1MiB\"\n[tls]\ncertificate = \"" + pem + "\"\nkey = \"" + pem +
               "\"\n");
  signal(SIGHUP);
  EXPECT_TRUE(logged("config.reloaded")) << errors();
  EXPECT_NE(capabilities(port("smtp")).find("SIZE 1048576"), std::string::npos);
  Client fresh(port("imaps"));
  const TlsSession tls(fresh);
  EXPECT_TRUE(tls.is_for("new.example.org"));

  open.send("a1 NOOP\r\n");  // a connection from before goes on
  std::string reply;
  while (reply.find("a1 OK") == std::string::npos) {
    const std::string more = open.receive(1);
    if (more.empty()) break;
    reply += more;
  }
  EXPECT_NE(reply.find("a1 OK"), std::string::npos) << reply;
}

TEST_F(ServerTest, KeepsTheOldConfigurationWhenTheNewOneIsWrong) {
  start();
  write_config("[limits]\nmessage_size = \"huge\"\n");
  signal(SIGHUP);
  EXPECT_TRUE(logged("postroom.toml:4:")) << errors();
  EXPECT_NE(capabilities(port("smtp")).find("SIZE 52428800"), std::string::npos);

  write_config(
      "[limits]\nmessage_size = \"1MiB\"\n[tls]\ncertificate = \"/missing.pem\"\nkey = \"/missing.pem\"\n");
  signal(SIGHUP);
  EXPECT_TRUE(logged("missing.pem")) << errors();
  EXPECT_NE(capabilities(port("smtp")).find("SIZE 52428800"), std::string::npos);  // all or nothing

  write_config("");
  std::ofstream(config_file_, std::ios::app) << "# moved\n";
  signal(SIGHUP);
  EXPECT_TRUE(logged("config.reloaded")) << errors();
}

}  // namespace
}  // namespace postroom
