// POP3 sessions where transcripts do not reach: faults, time, large messages, bytes at the wrong moment.
#include "protocols/pop3/session.h"

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "tests/support/session_world.h"
#include "tests/unit/mime/message_text.h"

namespace postroom::pop3 {
namespace {

using std::chrono::seconds;
using testing::repeated;

class Pop3Test : public ::testing::Test, protected testing::SessionWorld {
 protected:
  Pop3Test() { add_user("alice@example.org", "secret"); }
  ~Pop3Test() override { end(); }

  std::string connect() {
    runtime.spawn(serve(connection(), service, options, locks));
    return heard();
  }
  void log_in() {
    connect();
    say("USER alice@example.org\r\n");
    ASSERT_TRUE(say("PASS secret\r\n").starts_with("+OK"));
  }
  void add_message(std::string content) { store.add_message("alice@example.org", std::move(content)); }
  std::size_t messages() { return store.account("alice@example.org").inbox.size(); }

  Options options;
  MaildropLocks locks;
};

TEST_F(Pop3Test, EveryGreetingHasItsOwnTimestamp) {
  const std::string first = connect();
  hang_up();
  wire = testing::Wire();
  const std::string second = connect();
  EXPECT_TRUE(first.starts_with("+OK Postroom ready <") && first.ends_with("@mail.example.org>\r\n"))
      << first;
  EXPECT_NE(first, second);
}

TEST_F(Pop3Test, ApopOnAPlainConnectionFromAnywhere) {
  peer.loopback = false;
  store.account("alice@example.org").credentials.apop_sealed =
      seal(std::string(32, 'k'), "apop:alice@example.org", "tanstaaf");
  const std::string greeting = connect();
  const std::string timestamp =
      greeting.substr(greeting.find('<'), greeting.find('>') - greeting.find('<') + 1);
  EXPECT_TRUE(say("USER alice@example.org\r\n").starts_with("-ERR"));
  EXPECT_TRUE(
      say("APOP alice@example.org " + md5_hex("<other>tanstaaf") + "\r\n").starts_with("-ERR [AUTH]"));
  EXPECT_TRUE(say("APOP alice@example.org " + md5_hex(timestamp + "tanstaaf") + "\r\n").starts_with("+OK"));
}

TEST_F(Pop3Test, AMessageLargerThanAPieceComesWhole) {
  std::string message = "Subject: large\r\n\r\n";
  while (message.size() < 1'000'000)
    message += ".dots and lines of different length " + std::to_string(message.size()) + "\r\n";
  add_message(message);
  log_in();
  const std::string got = say("RETR 1\r\n");
  std::string expected = "+OK " + std::to_string(message.size()) + " octets\r\n";
  for (std::size_t at = 0; at < message.size();) {
    const std::size_t end = message.find("\r\n", at) + 2;
    if (message[at] == '.') expected += '.';
    expected.append(message, at, end - at);
    at = end;
  }
  EXPECT_EQ(got, expected + ".\r\n");
}

TEST_F(Pop3Test, HalfAMessageNeverLooksWhole) {
  add_message(std::string(700'000, 'x') + "\r\n");
  log_in();
  store.fail_reads_from = 1;
  const std::string got = say("RETR 1\r\n");
  EXPECT_TRUE(got.starts_with("+OK"));
  EXPECT_FALSE(got.ends_with("\r\n.\r\n"));
  EXPECT_TRUE(closed());
}

TEST_F(Pop3Test, AMessageRemovedWhileItIsSentEndsTheConnection) {
  add_message(std::string(700'000, 'x') + "\r\n");
  log_in();
  wire.send_room = 1000;
  say("RETR 1\r\n");
  store.account("alice@example.org").inbox.clear();
  wire.send_room = ~std::size_t{0};
  const std::string got = say("");
  EXPECT_FALSE(got.ends_with("\r\n.\r\n"));
  EXPECT_TRUE(closed());
}

TEST_F(Pop3Test, AMessageRemovedByAnotherClientIsAnError) {
  add_message("a\r\n");
  add_message("b\r\n");
  log_in();
  store.account("alice@example.org").inbox.erase(store.account("alice@example.org").inbox.begin());
  for (const char* command : {"RETR 1\r\n", "TOP 1 0\r\n", "DELE 1\r\n", "LIST 1\r\n"})
    EXPECT_TRUE(say(command).starts_with("-ERR")) << command;
  EXPECT_EQ(say("RETR 2\r\n"), "+OK 3 octets\r\nb\r\n.\r\n");
  EXPECT_TRUE(say("LIST\r\n").ends_with("octets)\r\n2 3\r\n.\r\n"));
}

TEST_F(Pop3Test, FaultsAreAnsweredAndTheSessionGoesOn) {
  add_message("a\r\n");
  log_in();
  store.fails = true;
  EXPECT_TRUE(say("RETR 1\r\n").starts_with("-ERR [SYS/TEMP]"));
  EXPECT_TRUE(say("DELE 1\r\n").starts_with("-ERR [SYS/TEMP]"));
  store.fails = false;
  EXPECT_EQ(say("RETR 1\r\n"), "+OK 3 octets\r\na\r\n.\r\n");
}

TEST_F(Pop3Test, AFaultAtLoginGivesTheMaildropBack) {
  connect();
  say("USER alice@example.org\r\n");
  store.fails = true;
  EXPECT_TRUE(say("PASS secret\r\n").starts_with("-ERR [SYS/TEMP]"));
  store.fails = false;
  EXPECT_TRUE(locks.lock(AccountId{1}));
  say("USER alice@example.org\r\n");
  EXPECT_TRUE(say("PASS secret\r\n").starts_with("+OK"));
  EXPECT_FALSE(locks.lock(AccountId{1}));
}

TEST_F(Pop3Test, AQuitThatCannotDeleteIsAnErrorAndEnds) {
  add_message("a\r\n");
  log_in();
  say("DELE 1\r\n");
  store.fails_at_expunge = true;
  EXPECT_TRUE(say("QUIT\r\n").starts_with("-ERR"));
  EXPECT_TRUE(closed());
  EXPECT_EQ(messages(), 1u);
  EXPECT_TRUE(locks.lock(AccountId{1}));
}

TEST_F(Pop3Test, OnlyQuitDeletes) {
  add_message("a\r\n");
  log_in();
  say("DELE 1\r\n");
  EXPECT_EQ(messages(), 1u);
  hang_up();
  EXPECT_EQ(messages(), 1u);
  EXPECT_TRUE(session_ended());
  EXPECT_TRUE(locks.lock(AccountId{1}));
}

TEST_F(Pop3Test, AnIdleSessionEndsWithoutDeleting) {
  add_message("a\r\n");
  log_in();
  say("DELE 1\r\n");
  runtime.advance(options.idle_time - seconds(1));
  EXPECT_FALSE(closed());
  runtime.advance(seconds(2));
  EXPECT_TRUE(closed());
  EXPECT_EQ(heard(), "");
  EXPECT_EQ(messages(), 1u);
}

// RFC 1939 3
TEST_F(Pop3Test, WhoDoesNotLogInIsLeftAfterTenMinutes) {
  connect();
  runtime.advance(std::chrono::minutes(10) - seconds(1));
  EXPECT_FALSE(closed());
  runtime.advance(seconds(2));
  EXPECT_TRUE(closed());
}

TEST_F(Pop3Test, CommandsBeforeTheLoginBuyNoTime) {
  connect();
  runtime.advance(options.login_time - seconds(1));
  EXPECT_TRUE(say("CAPA\r\n").starts_with("+OK"));
  EXPECT_FALSE(closed());
  runtime.advance(seconds(2));
  EXPECT_TRUE(closed());
}

TEST_F(Pop3Test, CommandsBeforeTheLoginAreCounted) {
  connect();
  say(repeated("CAPA\r\n", options.early_commands - 1));
  EXPECT_FALSE(closed());
  EXPECT_TRUE(say("CAPA\r\n").ends_with("\r\n.\r\n"));
  EXPECT_TRUE(closed());
}

TEST_F(Pop3Test, OnlyCommandsBeforeTheLoginAreCounted) {
  connect();
  say(repeated("CAPA\r\n", options.early_commands - 2));
  EXPECT_TRUE(say("USER alice@example.org\r\nPASS secret\r\n").starts_with("+OK"));
  say(repeated("NOOP\r\n", 200));
  EXPECT_FALSE(closed());
}

TEST_F(Pop3Test, ALoginThatIsUnavailableIsAFailedOne) {
  connect();
  authenticator.stop();
  for (std::size_t i = 1; i <= options.failed_logins; ++i) {
    EXPECT_FALSE(closed());
    say("USER alice@example.org\r\n");
    EXPECT_TRUE(say("PASS secret\r\n").starts_with("-ERR [SYS/TEMP]"));
  }
  EXPECT_TRUE(closed());
}

TEST_F(Pop3Test, PipelinedCommandsGiveWay) {
  log_in();
  EXPECT_GE(turns(repeated("CAPA\r\n", 1600) + "QUIT\r\n"), 100);
}

TEST_F(Pop3Test, ALongListingGivesWay) {
  for (int i = 0; i < 10'000; ++i) add_message("");
  log_in();
  const int turns_taken = turns("UIDL\r\nQUIT\r\n");
  EXPECT_GE(turns_taken, 8) << "140 KB";
  EXPECT_LE(turns_taken, 20);
}

// On a port with TLS it is the handshake that the greeting waits for.
TEST_F(Pop3Test, AGreetingNobodyTakesBuysNoTime) {
  wire.send_room = 0;
  connect();
  runtime.advance(options.login_time - seconds(1));
  EXPECT_FALSE(closed());
  runtime.advance(seconds(2));
  EXPECT_TRUE(closed());
}

TEST_F(Pop3Test, AClientThatStopsReadingIsLeft) {
  add_message(std::string(700'000, 'x') + "\r\n");
  log_in();
  wire.send_room = 1000;
  say("RETR 1\r\n");
  runtime.advance(options.write_time + seconds(1));
  EXPECT_TRUE(closed());
  EXPECT_TRUE(session_ended());
}

TEST_F(Pop3Test, ADrainSaysGoodbyeAndDeletesNothing) {
  add_message("a\r\n");
  log_in();
  say("DELE 1\r\n");
  gate.drain();
  EXPECT_TRUE(heard().starts_with("-ERR [SYS/TEMP]"));
  EXPECT_TRUE(closed());
  EXPECT_EQ(messages(), 1u);
}

TEST_F(Pop3Test, WordsBehindStlsAreRefused) {
  service.tls = &tls;
  connect();
  EXPECT_TRUE(say("STLS\r\nUSER mallory@example.org\r\n").starts_with("-ERR"));
  EXPECT_TRUE(closed());
}

TEST_F(Pop3Test, WordsThatArriveDuringTheHandshakeAreNotCommands) {
  service.tls = &tls;
  connect();
  wire.chunk = 6;  // "STLS" CRLF alone
  EXPECT_EQ(say("STLS\r\nUSER alice@example.org\r\n"), "+OK Begin TLS\r\n");
  wire.chunk = 1000;
  EXPECT_TRUE(say("PASS secret\r\n").starts_with("-ERR"));
}

TEST_F(Pop3Test, WhoLeavesBeforeTheHandshakeIsLeft) {
  service.tls = &tls;
  connect();
  wire.closed = true;
  EXPECT_EQ(say("STLS\r\n"), "+OK Begin TLS\r\n");
  EXPECT_TRUE(session_ended());
}

TEST_F(Pop3Test, AUserNamedBeforeStlsIsForgotten) {
  service.tls = &tls;
  connect();
  say("USER alice@example.org\r\n");
  say("STLS\r\n");
  EXPECT_EQ(say("PASS secret\r\n"), "-ERR Begin with USER\r\n");
}

TEST_F(Pop3Test, ALineEndsWithCrlfOnly) {
  log_in();
  EXPECT_EQ(say("NOOP\nNOOP\r\n"), "-ERR The line has control characters\r\n");
  EXPECT_EQ(say("NOOP\rNOOP\r\n"), "-ERR The line has control characters\r\n");
}

TEST_F(Pop3Test, ManyMessagesAreListedInConstantBatches) {
  for (int i = 0; i < 7; ++i) add_message(std::string(static_cast<std::size_t>(i), 'x'));
  log_in();
  say("DELE 3\r\n");
  EXPECT_EQ(say("LIST\r\n"), "+OK 6 messages (19 octets)\r\n1 0\r\n2 1\r\n4 3\r\n5 4\r\n6 5\r\n7 6\r\n.\r\n");
  EXPECT_EQ(say("UIDL\r\n"),
            "+OK Unique identifiers:\r\n1 7.1\r\n2 7.2\r\n4 7.4\r\n5 7.5\r\n6 7.6\r\n7 7.7\r\n.\r\n");
}

TEST_F(Pop3Test, AnEmptyMessageIsAMessage) {
  add_message("");
  log_in();
  EXPECT_EQ(say("RETR 1\r\n"), "+OK 0 octets\r\n.\r\n");
}

TEST_F(Pop3Test, AMissingLastLineEndIsAdded) {
  add_message("a\r\n.b");
  log_in();
  EXPECT_EQ(say("RETR 1\r\n"), "+OK 5 octets\r\na\r\n..b\r\n.\r\n");
}

}  // namespace
}  // namespace postroom::pop3
