// server/server.h: the whole server in a process of its own, over real sockets and signals.
#include "server/server.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "server/private_file.h"
#include "server/tls_context.h"
#include "storage/sqlite/accounts.h"
#include "tests/unit/server/server_fixture.h"
#include "tests/unit/server/support.h"

namespace postroom {
namespace {

using testing::Client;
using testing::ServerTest;
using testing::TemporaryFolder;

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

TEST_F(ServerTest, AnUnfinishedHandshakeDoesNotHoldUpTheEnd) {
  start();
  const Client silent(port("imaps"));
  Client half(port("smtp"));
  half.send("EHLO client.example.org\r\nSTARTTLS\r\n");
  half.receive_until("\r\n220 ");
  signal(SIGTERM);
  EXPECT_EQ(exit_code(), 0);
}

class DeliveryTest : public ServerTest {
 protected:
  void SetUp() override {
    make_private_directory(folder_.path() / "data");
    sqlite::Connection db = sqlite::open_database(folder_.path() / "data" / "postroom.db");
    ASSERT_EQ(sqlite::add_domain(db, "example.org"), sqlite::DomainAdded::yes);
    ASSERT_EQ(sqlite::add_user(db, "alice@example.org", Verifier(), {}, WallTime()), sqlite::UserAdded::yes);
  }

  /// Up to the middle of a message.
  static void begin_message(Client& client) {
    EXPECT_TRUE(
        client.send("EHLO client.example.org\r\nMAIL FROM:<bob@example.net>\r\n"
                    "RCPT TO:<alice@example.org>\r\nDATA\r\n"));
    client.receive_until("\r\n354 ");
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

TEST_F(DeliveryTest, AKeyThatIsGoneIsToldWhereApopNeedsIt) {
  sqlite::Connection db = sqlite::open_database(folder_.path() / "data" / "postroom.db");
  start();
  EXPECT_TRUE(logged("server.ready"));
  EXPECT_EQ(errors().find("apop.secrets_lost"), std::string::npos) << "nobody has one";
  signal(SIGTERM);
  EXPECT_EQ(exit_code(), 0);
  ASSERT_TRUE(sqlite::set_apop(db, "alice@example.org", "sealed"));
  std::filesystem::remove(folder_.path() / "data" / "secret.key");
  start();
  EXPECT_TRUE(logged("apop.secrets_lost")) << errors();
}

// What an earlier server left to be removed is not touched by one that does not come to serve.
TEST_F(DeliveryTest, AStartThatFailsLeavesNothingRunning) {
  start();
  Config taken = config();
  taken.data = (folder_.path() / "other").string();
  taken.listen.imap = {{"127.0.0.1", port("imap")}};
  make_private_directory(taken.data);
  sqlite::open_database(folder_.path() / "other" / "postroom.db")
      .run_script("INSERT INTO doomed(mailbox) VALUES(1000)");
  for (int i = 0; i < 10; ++i) EXPECT_THROW(serve(taken, config_file_), std::runtime_error);
  sqlite::Connection db = sqlite::open_database(folder_.path() / "other" / "postroom.db");
  EXPECT_EQ(db.ask("SELECT count(*) FROM doomed"), 1);
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
  const std::string reply = open.receive_until("a1 OK");
  EXPECT_NE(reply.find("a1 OK"), std::string::npos) << reply;
}

TEST_F(ServerTest, AnotherHostnameTakesARestartForTheCertificateToo) {
  start();
  std::ofstream(config_file_) << "hostname = \"other.example.org\"\ndata = \"other\"\n";
  signal(SIGHUP);
  EXPECT_TRUE(logged("config.needs_restart") && logged("config.reloaded")) << errors();
  Client client(port("imaps"));
  EXPECT_TRUE(TlsSession(client).is_for("mail.example.org"));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "other"));
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
