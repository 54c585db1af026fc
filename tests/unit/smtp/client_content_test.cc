// What the client says about a message, whether it sends it at all, and its content on the way.
#include "base/text.h"
#include "tests/unit/smtp/client_fixture.h"

namespace postroom::smtp {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

/// As far as 354, what was said so far forgotten.
class ContentTest : public ClientTest {
 protected:
  void begin_content(const std::string& text) {
    connect_to({"PIPELINING"});
    content(text);
    begin_send();
    heard();
  }
  void go() { say("250 ok\r\n250 ok\r\n354 go\r\n"); }
};

TEST_F(ClientTest, SaysNothingThatWasNotOffered) {
  connect_to({"SMTPUTF8", "8BITMIME"});
  mail.dsn.envelope_id = "id";
  mail.dsn.ret = Ret::headers;
  mail.recipients[0].dsn.notify.said = true;
  begin_send();
  EXPECT_EQ(heard(), "MAIL FROM:<alice@example.org>\r\n");
  say("250 ok\r\n");
  EXPECT_EQ(heard(), "RCPT TO:<bob@example.com>\r\n");
}

TEST_F(ClientTest, KeepsToTheLimitsThatWereSaid) {  // RFC 9422
  connect_to({"PIPELINING", "LIMITS MAILMAX=1 RCPTMAX=2"});
  to({"bob@example.com", "carol@example.com", "dave@example.com"});
  EXPECT_TRUE(client->may_send());
  begin_send();
  EXPECT_EQ(heard(),
            "MAIL FROM:<alice@example.org>\r\nRCPT TO:<bob@example.com>\r\nRCPT TO:<carol@example.com>\r\n"
            "DATA\r\n");
  say("250 ok\r\n250 ok\r\n550 no\r\n354 go\r\n");
  say("250 taken\r\n");
  EXPECT_EQ(replies(),
            "250 2.0.0 taken; 550 5.0.0 no; 452 4.5.3 the server takes no more recipients at once (ours)");
  EXPECT_TRUE(client->usable());
  EXPECT_FALSE(client->may_send());
}

TEST_F(ClientTest, SaysWhatAMessageIs) {
  connect_to({"PIPELINING", "SMTPUTF8", "8BITMIME", "SIZE 1000", "DSN"});
  mail.utf8 = mail.eight_bit = true;
  mail.dsn.envelope_id = "a+b=c d";
  mail.dsn.ret = Ret::headers;
  to({"bob@example.com", "carol@example.com", "dave@example.com"});
  mail.recipients[0].dsn.notify = {true, true, false, true};
  mail.recipients[0].dsn.original_recipient = "rfc822;b+b@example.com";
  mail.recipients[1].dsn.notify.said = true;
  begin_send();
  EXPECT_EQ(heard(),
            "MAIL FROM:<alice@example.org> SIZE=16 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=a+2Bb+3Dc+20d\r\n"
            "RCPT TO:<bob@example.com> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b+2Bb@example.com\r\n"
            "RCPT TO:<carol@example.com> NOTIFY=NEVER\r\n"
            "RCPT TO:<dave@example.com>\r\n"
            "DATA\r\n");
}

TEST_F(ClientTest, WhatTheServerCannotDoIsNotAsked) {
  connect_to({"SIZE 15"});
  to({"bob@example.com", "carol@example.com"});
  begin_send();
  const std::string too_large =
      "552 5.3.4 the message is larger than the 15 bytes that the server takes (ours)";
  EXPECT_EQ(replies(), too_large + "; " + too_large);

  connect_to({"SIZE 16"});
  to({"bob@example.com"});
  mail.eight_bit = true;
  begin_send();
  EXPECT_EQ(replies(), "554 5.6.3 the server does not support 8BITMIME (ours)");

  mail.utf8 = true;
  begin_send();
  EXPECT_EQ(replies(), "553 5.6.7 the server does not support SMTPUTF8 (ours)");
  mail.reverse_path = "j\xc3\xb6rg@example.org";
  begin_send();
  EXPECT_EQ(replies(), "550 5.6.7 the server does not support SMTPUTF8 (ours)");
  EXPECT_EQ(heard(), "");
  EXPECT_TRUE(client->usable());
}

TEST_F(ClientTest, RequireTlsNeedsTlsAndTheServersWord) {  // RFC 8689 4.2.1
  mail.require_tls = true;
  const std::string refused = "550 5.7.30 REQUIRETLS is not supported by the server (ours)";
  connect_to({"REQUIRETLS", "STARTTLS"});
  begin_send();
  EXPECT_EQ(replies(), refused);
  begin(client->start_tls(tls));
  say("220 go\r\n");
  say("250 mx\r\n");
  begin_send();
  EXPECT_EQ(replies(), refused);

  connect_to({"STARTTLS"});
  begin(client->start_tls(tls));
  say("220 go\r\n");
  say("250-mx\r\n250 REQUIRETLS\r\n");
  heard();
  begin_send();
  EXPECT_EQ(heard(), "MAIL FROM:<alice@example.org> REQUIRETLS\r\n");
}

TEST_F(ClientTest, NothingInAnAddressMakesACommand) {
  connect_to({"PIPELINING"});
  to({"bob@example.com>\r\nRCPT TO:<eve@example.com"});
  begin_send();
  EXPECT_EQ(heard(), "");
  EXPECT_EQ(fault(), "bug: an SMTP command of several lines");
}

TEST_F(ContentTest, IsStuffed) {
  begin_content(".a\r\n.\r\nb\n.\r\nRSET");
  go();
  EXPECT_EQ(heard(), "..a\r\n..\r\nb\r\n..\r\nRSET\r\n.\r\n");
}

TEST_F(ContentTest, MayBeEmpty) {
  begin_content("");
  go();
  EXPECT_EQ(heard(), ".\r\n");
}

TEST_F(ContentTest, ASlowServerPushesBack) {
  begin_content(std::string(1 << 20, 'x'));
  source.piece = 64 << 10;
  wire.send_room = 1000;
  go();
  EXPECT_EQ(heard().size(), 1000u);
  runtime.advance(minutes(2));
  EXPECT_EQ(replies(), "waits");
  wire.send_room = 100000;
  wire.poke();
  EXPECT_EQ(heard().size(), 100000u);
  runtime.advance(minutes(2));
  wire.send_room = ~std::size_t{0};
  wire.poke();
  EXPECT_TRUE(heard().ends_with("x\r\n.\r\n"));
  say("250 taken\r\n");
  EXPECT_EQ(replies(), "250 2.0.0 taken");
}

TEST_F(ContentTest, AServerThatReadsNoMoreIsGone) {
  begin_content(std::string(100000, 'x'));
  wire.send_room = 1000;
  go();
  runtime.advance(minutes(3) + seconds(5));
  EXPECT_EQ(replies(), "451 4.4.2 no reply to the message: the server read too slowly (ours)");
  EXPECT_FALSE(client->usable());
}

TEST_F(ContentTest, ARefusalInTheMiddleIsHeardWhileTheServerReadsNothing) {
  begin_content(std::string(100000, 'x'));
  wire.send_room = 1000;
  go();
  say("552 5.3.4 too large\r\n");
  EXPECT_EQ(replies(), "552 5.3.4 too large");
  EXPECT_FALSE(client->usable());
  EXPECT_EQ(heard().find("\r\n.\r\n"), std::string::npos);
}

TEST_F(ContentTest, ARefusalIsHeardThoughTheServerCloses) {
  begin_content(std::string(100000, 'x'));
  wire.send_room = 1000;
  go();
  wire.to_server = "552-5.3.4 too\r\n552 5.3.4 large\r\n";
  hang_up();
  EXPECT_EQ(replies(), "552 5.3.4 too large");
  EXPECT_FALSE(client->usable());
}

TEST_F(ContentTest, ARefusalThatCameWithThe354IsHeard) {
  begin_content(std::string(100000, 'x'));
  say("250 ok\r\n250 ok\r\n354 go\r\n552 5.3.4 too large\r\n");
  EXPECT_EQ(replies(), "552 5.3.4 too large");
  EXPECT_EQ(heard().find("\r\n.\r\n"), std::string::npos);
}

TEST_F(ContentTest, NoServerTakesHalfAMessage) {
  begin_content(std::string(100000, 'x'));
  wire.send_room = 1000;
  go();
  say("250 taken\r\n");
  EXPECT_EQ(replies(), "451 4.4.2 the server answered a part of the message by \"250 2.0.0 taken\" (ours)");
  EXPECT_FALSE(client->usable());
}

TEST_F(ContentTest, AnEndInTheMiddleIsSurelyNotTaken) {
  begin_content(std::string(100000, 'x'));
  wire.send_room = 1000;
  go();
  hang_up();
  EXPECT_EQ(replies(), "451 4.4.2 no reply to the message: peer closed (ours)");
}

TEST_F(ContentTest, AnEndBeforeTheLastByteOfTheDotIsSurelyNotTaken) {
  begin_content("x\r\n");
  wire.send_room = 5;  // of "x\r\n.\r\n"
  go();
  hang_up();
  EXPECT_EQ(heard(), "x\r\n.\r");
  EXPECT_EQ(replies(), "451 4.4.2 no reply to the message: peer closed (ours)");
}

TEST_F(ContentTest, AFaultOfTheSourceLeavesNoHalfMessage) {
  begin_content(std::string(50000, 'x'));
  source.fault_at = 40000;
  go();
  EXPECT_EQ(fault(), "the disk is gone");
  const std::string said = heard();
  EXPECT_GT(said.size(), 16000u);
  EXPECT_EQ(said.find('.'), std::string::npos);
  EXPECT_FALSE(client->usable());
  begin(client->quit());
  EXPECT_TRUE(done());
  EXPECT_EQ(heard(), "");
}

/// A source whose next piece takes its time.
class SlowSource : public MailSource {
 public:
  explicit SlowSource(Runtime& runtime) : ready(runtime) {}
  Task<std::string> read(std::uint64_t offset) override {
    co_await ready.wait();
    co_return std::string(offset == 0 ? 16 : 0, 'x');
  }
  Signal ready;
};

TEST_F(ContentTest, AnAbortWhileTheSourceReadsIsAReply) {
  connect_to({"PIPELINING"});
  SlowSource slow(runtime);
  begin(client->send(mail, slow));
  heard();
  go();
  client->abort();
  runtime.settle();
  EXPECT_EQ(replies(), "waits");  // for the store, which has an end
  slow.ready.raise();
  runtime.settle();
  slow.ready.raise();
  EXPECT_EQ(heard(), "");
  EXPECT_EQ(replies(), "451 4.4.2 no reply to the message: ended by us (ours)");
}

TEST_F(ContentTest, ASourceThatEndsEarlyHasAFault) {
  begin_content(std::string(50000, 'x'));
  source.text.resize(49999);
  go();
  EXPECT_EQ(fault(), "a message ends before its end");
  EXPECT_EQ(heard().find('.'), std::string::npos);
  EXPECT_FALSE(client->usable());
}

TEST_F(ClientTest, SendsWhatIsNoTextAsOneChunk) {  // RFC 3030
  connect_to({"PIPELINING", "8BITMIME", "CHUNKING", "BINARYMIME"});
  const std::string bytes("Subject: x\r\n\r\n.\n\0\r", 18);
  content(bytes);
  mail.eight_bit = mail.binary = true;
  begin_send();
  EXPECT_EQ(heard(), "MAIL FROM:<alice@example.org> BODY=BINARYMIME\r\nRCPT TO:<bob@example.com>\r\n");
  say("250 ok\r\n250 ok\r\n");
  EXPECT_EQ(heard(), "BDAT 18 LAST\r\n" + bytes);
  say("250 taken\r\n");
  EXPECT_EQ(replies(), "250 2.0.0 taken");
  heard();
  begin_send();
  EXPECT_TRUE(heard().starts_with("MAIL FROM")) << "no RSET is needed";
}

TEST_F(ClientTest, SendsNoBinaryContentToOthers) {
  connect_to({"PIPELINING", "8BITMIME", "BINARYMIME"});
  mail.binary = true;
  begin_send();
  EXPECT_EQ(heard(), "");
  EXPECT_EQ(replies(), "554 5.6.3 the server does not support BINARYMIME (ours)");
}

}  // namespace
}  // namespace postroom::smtp
