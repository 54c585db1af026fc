// The client before and after it sends mail: greeting, STARTTLS, AUTH, QUIT.
#include "protocols/smtp/client.h"

#include "base/text.h"
#include "tests/unit/smtp/client_fixture.h"

namespace postroom::smtp {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

TEST_F(ClientTest, SaysEhloAfterTheGreeting) {
  connect();
  begin(client->greet());
  EXPECT_EQ(heard(), "");
  EXPECT_FALSE(client->usable());
  say("220-mx.example.com\r\n220 hel");
  EXPECT_EQ(heard(), "");
  say("lo\r\n");
  EXPECT_EQ(heard(), "EHLO mail.example.org\r\n");
  say("250-mx.example.com hello\r\n250-SIZE 1000\r\n250 STARTTLS\r\n");
  EXPECT_EQ(reply_->code, 250);
  EXPECT_TRUE(client->usable());
  EXPECT_TRUE(client->abilities().starttls);
  EXPECT_EQ(client->abilities().size_limit, 1000u);
}

TEST_F(ClientTest, SaysHeloWhereEhloIsRefused) {
  connect();
  begin(client->greet());
  say("220 mx\r\n");
  heard();
  say("502 5.5.1 what?\r\n");
  EXPECT_EQ(heard(), "HELO mail.example.org\r\n");
  say("250 mx\r\n");
  EXPECT_EQ(reply(), "250 2.0.0 mx");
  EXPECT_TRUE(client->usable());
  EXPECT_FALSE(client->abilities().pipelining);
}

TEST_F(ClientTest, SaysLhloInLmtpAndNothingElse) {
  options.lmtp = true;
  connect();
  begin(client->greet());
  say("220 lmtp\r\n");
  EXPECT_EQ(heard(), "LHLO mail.example.org\r\n");
  say("500 what?\r\n");
  EXPECT_EQ(heard(), "");
  EXPECT_EQ(reply(), "500 5.0.0 what?");
  EXPECT_FALSE(client->usable());
}

TEST_F(ClientTest, TakesARefusalForAnAnswer) {
  connect();
  begin(client->greet());
  say("554 5.7.1 go away\r\n");
  EXPECT_EQ(reply(), "554 5.7.1 go away");
  EXPECT_FALSE(reply_->ours);
  EXPECT_FALSE(client->usable());
  begin(client->quit());  // RFC 5321 3.1: it is said nevertheless
  EXPECT_EQ(heard(), "QUIT\r\n");
  say("221 bye\r\n");
  EXPECT_TRUE(done());
  EXPECT_TRUE(wire.finished);
}

TEST_F(ClientTest, A421AtTheGreetingOrToEhlo) {
  connect();
  begin(client->greet());
  say("421 4.3.2 not now\r\n");
  EXPECT_EQ(reply(), "421 4.3.2 not now");
  begin(client->quit());  // the server closes
  EXPECT_EQ(heard(), "");
  EXPECT_TRUE(done());

  connect();
  begin(client->greet());
  say("220 mx\r\n");
  heard();
  say("421 too many connections\r\n");
  EXPECT_EQ(reply(), "421 4.0.0 too many connections");
  EXPECT_FALSE(client->usable());
}

TEST_F(ClientTest, WaitsFiveMinutesForTheGreeting) {
  connect();
  begin(client->greet());
  runtime.advance(minutes(5) - seconds(1));
  EXPECT_EQ(reply(), "waits");
  runtime.advance(seconds(1));
  EXPECT_EQ(reply(), "451 4.4.2 no reply to our connecting: peer sent nothing in time");
  EXPECT_TRUE(reply_->ours);
  EXPECT_FALSE(reply_->unsure);
}

TEST_F(ClientTest, ADripOfBytesDoesNotHoldOffTheDeadline) {
  connect();
  begin(client->greet());
  for (int i = 0; i < 10 && !reply_; ++i) {
    say("220-more\r\n");
    runtime.advance(minutes(1));
  }
  EXPECT_TRUE(reply_ && reply_->ours);
}

TEST_F(ClientTest, SaysWhatTheServerDoesNotSpeak) {
  for (const std::string& nonsense :
       {std::string("SSH-2.0-x\r\n"), std::string(5000, 'x'), std::string("22\r\n")}) {
    connect();
    begin(client->greet());
    say(nonsense);
    EXPECT_EQ(reply(), "451 4.4.2 no reply to our connecting: the server does not speak SMTP");
    EXPECT_TRUE(reply_->ours);
    EXPECT_FALSE(client->usable());
  }
}

TEST_F(ClientTest, AbortEndsTheWait) {
  connect();
  begin(client->greet());
  client->abort();
  runtime.settle();
  EXPECT_EQ(reply(), "451 4.4.2 no reply to our connecting: aborted");
  begin_send();
  EXPECT_EQ(replies(), "451 4.4.2 the connection has ended (ours)");
  begin(client->quit());
  EXPECT_TRUE(done());
}

TEST_F(ClientTest, BeginsTlsAndForgetsWhatWasSaidBefore) {
  connect_to({"STARTTLS", "SIZE 1000", "AUTH PLAIN"});
  begin(client->start_tls(tls));
  EXPECT_EQ(heard(), "STARTTLS\r\n");
  say("220 go\r\n");
  EXPECT_EQ(heard(), "EHLO mail.example.org\r\n");
  EXPECT_FALSE(client->usable());
  EXPECT_FALSE(client->abilities().size);
  say("250-mx\r\n250 PIPELINING\r\n");
  EXPECT_EQ(reply_->code, 250);
  EXPECT_TRUE(client->usable());
  EXPECT_EQ(client->tls(), "TLSv1.3 TLS_AES_256_GCM_SHA384");
  EXPECT_TRUE(client->abilities().pipelining);
  EXPECT_FALSE(client->abilities().starttls);
  EXPECT_TRUE(client->abilities().auth.empty());
}

TEST_F(ClientTest, DropsWhatSomebodyPutBehindTheAnswerToStartTls) {  // RFC 3207 6
  connect_to({"STARTTLS"});
  begin(client->start_tls(tls));
  say("220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n");
  EXPECT_EQ(reply(), "waits");
  EXPECT_EQ(heard(), "STARTTLS\r\nEHLO mail.example.org\r\n");
  say("250 mx\r\n");
  EXPECT_EQ(reply(), "250 2.0.0 mx");
  EXPECT_FALSE(client->abilities().offers_auth("PLAIN"));
}

TEST_F(ClientTest, AFailedHandshakeSaysWhy) {
  connect_to({"STARTTLS"});
  tls.fails = true;
  begin(client->start_tls(tls));
  say("220 go\r\n");
  EXPECT_EQ(reply(), "454 4.7.5 handshake failed: certificate has expired");
  EXPECT_TRUE(reply_->ours);
  EXPECT_FALSE(client->usable());
  EXPECT_EQ(client->tls(), "");
}

TEST_F(ClientTest, TlsMayFailBeforeItBegins) {
  connect_to({"STARTTLS"});
  tls.gone = true;
  begin(client->start_tls(tls));
  say("220 go\r\n");
  EXPECT_EQ(reply(), "454 4.7.0 handshake failed: peer closed");
  EXPECT_FALSE(client->usable());
  begin(client->quit());
  EXPECT_TRUE(done());
}

TEST_F(ClientTest, AHandshakeWithoutEndEnds) {
  connect_to({"STARTTLS"});
  tls.never_ends = true;
  begin(client->start_tls(tls));
  say("220 go\r\n");
  runtime.advance(minutes(6));
  EXPECT_EQ(reply(), "454 4.7.0 handshake failed: the server read too slowly");
}

TEST_F(ClientTest, AnAbortedHandshakeHasNotFailed) {
  connect_to({"STARTTLS"});
  tls.never_ends = true;
  begin(client->start_tls(tls));
  say("220 go\r\n");
  client->abort();
  runtime.settle();
  EXPECT_EQ(reply(), "451 4.4.2 no reply to EHLO: aborted");
}

TEST_F(ClientTest, GoesOnWhereTlsIsRefused) {
  connect_to({"STARTTLS"});
  begin(client->start_tls(tls));
  say("454 4.7.0 no certificate\r\n");
  EXPECT_EQ(reply(), "454 4.7.0 no certificate");
  EXPECT_TRUE(client->usable());
  EXPECT_EQ(client->tls(), "");
}

TEST_F(ClientTest, LogsInByPlain) {
  connect_to({"AUTH LOGIN PLAIN"});
  begin(client->login("alice", "secret"));
  EXPECT_EQ(heard(), "AUTH PLAIN " + base64_encode(std::string("\0alice\0secret", 13)) + "\r\n");
  say("235 2.7.0 welcome\r\n");
  EXPECT_EQ(reply(), "235 2.7.0 welcome");
  EXPECT_TRUE(client->usable());
}

TEST_F(ClientTest, SaysItAgainToAServerThatKnowsNoInitialResponse) {
  connect_to({"AUTH PLAIN"});
  begin(client->login("alice", "secret"));
  heard();
  say("334 \r\n");
  EXPECT_EQ(heard(), base64_encode(std::string("\0alice\0secret", 13)) + "\r\n");
  say("535 5.7.8 no\r\n");
  EXPECT_EQ(reply(), "535 5.7.8 no");
}

TEST_F(ClientTest, LogsInByLogin) {
  connect_to({"AUTH=LOGIN"});
  begin(client->login("alice", "secret"));
  EXPECT_EQ(heard(), "AUTH LOGIN\r\n");
  say("334 VXNlcm5hbWU6\r\n");
  EXPECT_EQ(heard(), "YWxpY2U=\r\n");
  say("334 UGFzc3dvcmQ6\r\n");
  EXPECT_EQ(heard(), "c2VjcmV0\r\n");
  say("334 and now?\r\n");
  EXPECT_EQ(heard(), "*\r\n");
  say("501 5.7.0 cancelled\r\n");
  EXPECT_EQ(reply(), "501 5.7.0 cancelled");
}

TEST_F(ClientTest, CannotLogInWithoutAWayTo) {
  connect_to({"AUTH CRAM-MD5"});
  begin(client->login("alice", "secret"));
  EXPECT_EQ(heard(), "");
  EXPECT_EQ(reply(), "454 4.7.0 the server offers neither AUTH PLAIN nor AUTH LOGIN");
  EXPECT_TRUE(client->usable());
}

TEST_F(ClientTest, QuitsPolitelyAndBriefly) {
  connect_to({});
  begin(client->quit());
  EXPECT_EQ(heard(), "QUIT\r\n");
  EXPECT_FALSE(wire.finished);
  EXPECT_FALSE(client->usable());
  runtime.advance(seconds(5));
  EXPECT_TRUE(done());
  EXPECT_TRUE(wire.finished);
}

}  // namespace
}  // namespace postroom::smtp
