// SMTP sessions where transcripts do not reach: faults, time, bytes at the wrong moment, and large messages.
#include "protocols/smtp/session.h"

#include <gtest/gtest.h>

#include "tests/support/session_world.h"
#include "tests/unit/mime/message_text.h"

namespace postroom::smtp {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class SmtpTest : public ::testing::Test, protected testing::SessionWorld {
 protected:
  SmtpTest() { add_user("alice@example.org", "secret"); }
  ~SmtpTest() override { end(); }

  std::string connect(Port port = Port::transfer) {
    runtime.spawn(serve(connection(), service, options, port, send_limits));
    return heard();
  }
  /// As far as 354.
  void begin_data() {
    connect();
    say("EHLO client\r\nMAIL FROM:<bob@example.com>\r\nRCPT TO:<alice@example.org>\r\n");
    ASSERT_EQ(code(say("DATA\r\n")), "354");
  }
  static std::string code(const std::string& replies) { return replies.substr(0, 3); }
  /// Reply codes, one for each reply.
  static std::string codes(const std::string& replies) {
    std::string out;
    for (std::size_t at = 0; at < replies.size(); at = replies.find("\r\n", at) + 2)
      if (replies[at + 3] == ' ') out.append(out.empty() ? "" : " ").append(replies, at, 3);
    return out;
  }
  const std::string& inbox_message(std::size_t number = 0) {
    return store.account("alice@example.org").inbox.at(number).content;
  }
  std::size_t delivered() { return store.account("alice@example.org").inbox.size(); }

  Options options;
  SendLimits send_limits{runtime};
};

TEST_F(SmtpTest, DeliversWithTraceOnTop) {
  begin_data();
  EXPECT_EQ(code(say("Subject: hi\r\n\r\n..dot\r\n.\r\n")), "250");
  ASSERT_EQ(delivered(), 1u);
  EXPECT_TRUE(inbox_message().starts_with("Return-Path: <bob@example.com>\r\nReceived: from client ("));
  EXPECT_TRUE(inbox_message().ends_with("+0000\r\nSubject: hi\r\n\r\n.dot\r\n"));
}

TEST_F(SmtpTest, EverySmugglingVariantIsRefusedAndNothingOfItExecuted) {
  const std::string second =
      "MAIL FROM:<mallory@example.com>\r\nRCPT TO:<alice@example.org>\r\nDATA\r\nSubject: "
      "smuggled\r\n\r\nx\r\n.\r\n";
  for (const std::string& end :
       {std::string("\n.\n"), std::string("\n.\r\n"), std::string("\r\n.\n"), std::string("\r.\r"),
        std::string("\r.\r\n"), std::string("\r\n.\r"), std::string("\r.\n"), std::string("\n.\r"),
        std::string("\r\n.\r\r\n"), std::string("\r\n\n.\r\n"), std::string("\r\n.\n.\r\n", 6),
        std::string("\r\n\0.\r\n", 6), std::string("\r\n.\0\r\n", 6)}) {
    for (const std::size_t chunk : {std::size_t{1}, std::size_t{3}, std::size_t{1} << 16}) {
      wire = testing::Wire();
      wire.chunk = chunk;
      connect();
      const std::string replies =
          say("EHLO client\r\nMAIL FROM:<bob@example.com>\r\nRCPT TO:<alice@example.org>\r\nDATA\r\nSubject: "
              "first\r\n\r\nx" +
              end + second + "QUIT\r\n");
      EXPECT_EQ(codes(replies), "250 250 250 354 550 221") << ::testing::PrintToString(end) << " " << replies;
      EXPECT_EQ(delivered(), 0u) << ::testing::PrintToString(end);
      EXPECT_TRUE(session_ended());
    }
  }
}

TEST_F(SmtpTest, TheSmugglersBytesAreRefusedInChunksToo) {
  connect();
  const std::string content = "Subject: x\r\n\r\na\n.\nb\r\n";
  const std::string replies = say("EHLO client\r\nMAIL FROM:<>\r\nRCPT TO:<alice@example.org>\r\nBDAT " +
                                  std::to_string(content.size()) + " LAST\r\n" + content + "NOOP\r\n");
  EXPECT_EQ(codes(replies), "250 250 250 550 250");
  EXPECT_EQ(delivered(), 0u);
}

TEST_F(SmtpTest, ALineEndsWithCrlfOnly) {
  connect();
  say("EHLO client\r\n");
  EXPECT_EQ(codes(say("NOOP\nMAIL FROM:<>\nQUIT\r\n")), "500");
  EXPECT_EQ(codes(say("NOOP\rNOOP\r\n")), "500");
  EXPECT_EQ(codes(say("NOOP x\nQUIT\r\n")), "500");
  EXPECT_EQ(say("NOOP\n"), "");
  EXPECT_EQ(codes(say("\r\n")), "500");
}

TEST_F(SmtpTest, WordsBehindStarttlsAreRefused) {
  service.tls = &tls;
  connect();
  EXPECT_EQ(codes(say("EHLO client\r\nSTARTTLS\r\nMAIL FROM:<mallory@example.com>\r\n")), "250 554");
  EXPECT_TRUE(closed());
}

TEST_F(SmtpTest, WordsThatArriveDuringTheHandshakeAreNotCommands) {
  service.tls = &tls;
  connect();
  say("EHLO client\r\n");
  wire.chunk = 10;  // "STARTTLS" CRLF alone
  EXPECT_EQ(codes(say("STARTTLS\r\nMAIL FROM:<mallory@example.com>\r\n")), "220");
  wire.chunk = 1000;
  EXPECT_EQ(codes(say("RCPT TO:<alice@example.org>\r\n")), "503");
  EXPECT_EQ(say("EHLO client\r\n").find("STARTTLS"), std::string::npos);
}

TEST_F(SmtpTest, WhoLeavesBeforeTheHandshakeIsLeft) {
  service.tls = &tls;
  connect();
  say("EHLO client\r\n");
  wire.closed = true;
  EXPECT_EQ(codes(say("STARTTLS\r\n")), "220");
  EXPECT_TRUE(session_ended());
}

TEST_F(SmtpTest, AfterStarttlsNothingIsRemembered) {
  service.tls = &tls;
  peer.loopback = false;
  connect(Port::submission);
  EXPECT_EQ(codes(say("EHLO client\r\nAUTH PLAIN AGFsaWNlQGV4YW1wbGUub3JnAHNlY3JldA==\r\n")), "250 530");
  EXPECT_EQ(codes(say("STARTTLS\r\n")), "220");
  EXPECT_EQ(codes(say("MAIL FROM:<alice@example.org>\r\n")), "503");
  EXPECT_NE(say("EHLO client\r\n").find("AUTH LOGIN PLAIN"), std::string::npos);
  EXPECT_EQ(codes(say("MAIL FROM:<alice@example.org>\r\n")), "530");
  EXPECT_EQ(codes(say("AUTH PLAIN AGFsaWNlQGV4YW1wbGUub3JnAHNlY3JldA==\r\n")), "235");
  EXPECT_EQ(codes(say("MAIL FROM:<alice@example.org>\r\nRCPT TO:<alice@example.org>\r\nDATA\r\n")),
            "250 250 354");
  EXPECT_EQ(codes(say("x\r\n.\r\n")), "250");
  EXPECT_NE(inbox_message().find("with ESMTPSA (TLSv1.3 TLS_AES_256_GCM_SHA384)"), std::string::npos);
}

TEST_F(SmtpTest, AFaultOfTheStoreIsTemporary) {
  begin_data();
  store.fails_at_deliver = true;
  EXPECT_EQ(codes(say("x\r\n.\r\n")), "451");
  store.fails_at_deliver = false;
  EXPECT_EQ(codes(say("DATA\r\nMAIL FROM:<>\r\nRCPT TO:<alice@example.org>\r\n")), "503 250 250");
  store.fails = true;
  EXPECT_EQ(codes(say("RCPT TO:<alice@example.org>\r\n")), "451");
  store.fails = false;
  EXPECT_EQ(codes(say("DATA\r\nx\r\n.\r\n")), "354 250");
  EXPECT_EQ(delivered(), 1u);
}

TEST_F(SmtpTest, ABusyStoreIsTemporary) {
  begin_data();
  store.busy = true;
  EXPECT_EQ(say("x\r\n.\r\n").substr(0, 9), "452 4.3.1");
  EXPECT_EQ(delivered(), 0u);
}

// The rest of a message that failed half-way is still not commands.
TEST_F(SmtpTest, AFaultWithinDataIsAnsweredAtItsEnd) {
  begin_data();
  store.fails_at_stage = true;
  const std::string line(998, 'x');
  for (int i = 0; i < 2000; ++i) wire.to_server += line + "\r\n";
  EXPECT_EQ(say("QUIT\r\nRSET\r\n"), "");
  EXPECT_EQ(codes(say(".\r\nNOOP\r\n")), "451 250");
  EXPECT_EQ(delivered(), 0u);
}

TEST_F(SmtpTest, AFaultWithinAChunkSkipsThatChunkOnly) {
  connect();
  say("EHLO client\r\nMAIL FROM:<>\r\nRCPT TO:<alice@example.org>\r\n");
  store.fails_at_stage = true;
  std::string content;
  for (int i = 0; i < 2000; ++i) content += std::string(998, 'x') + "\r\n";
  const std::string replies =
      say("BDAT " + std::to_string(content.size()) + "\r\n" + content + "BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n");
  EXPECT_EQ(codes(replies), "451 503 250");
}

// RFC 2033 4.2: a client of LMTP that misses one takes the next command's reply for it.
TEST_F(SmtpTest, LmtpIsAnsweredForEachRecipientAlsoAfterAFault) {
  connect(Port::lmtp);
  const std::string envelope =
      "MAIL FROM:<>\r\nRCPT TO:<alice@example.org>\r\nRCPT TO:<alice@example.org>\r\n";
  EXPECT_EQ(codes(say("LHLO client\r\n" + envelope + "DATA\r\n")), "250 250 250 250 354");
  store.fails_at_deliver = true;
  EXPECT_EQ(codes(say("x\r\n.\r\nNOOP\r\n")), "451 451 250");
  store.fails_at_deliver = false;
  EXPECT_EQ(codes(say(envelope + "BDAT 3 LAST\r\nx\r\nNOOP\r\n")), "250 250 250 250 250 250");
  store.busy = true;
  EXPECT_EQ(codes(say(envelope + "BDAT 3 LAST\r\nx\r\nNOOP\r\n")), "250 250 250 452 452 250");
  store.busy = false;
  store.fails_at_stage = true;
  std::string content;
  for (int i = 0; i < 2000; ++i) content += std::string(998, 'x') + "\r\n";
  const std::string size = std::to_string(content.size());
  EXPECT_EQ(codes(say(envelope + "BDAT " + size + "\r\n" + content + "BDAT 3 LAST\r\nx\r\n")),
            "250 250 250 451 503");
  EXPECT_EQ(codes(say(envelope + "BDAT " + size + " LAST\r\n" + content + "NOOP\r\n")),
            "250 250 250 451 451 250");
  EXPECT_EQ(delivered(), 1u) << "each account gets a message once";
}

TEST_F(SmtpTest, ALargeMessageIsStagedAsItComes) {
  begin_data();
  const std::string line(998, 'x');
  for (int i = 0; i < 5000; ++i) say(line + "\r\n");
  EXPECT_GE(store.staged_bytes, std::size_t{4} << 20);
  EXPECT_EQ(codes(say(".\r\n")), "250");
  EXPECT_GT(inbox_message().size(), 5'000'000u);
  EXPECT_EQ(store.abandoned, 0);
}

TEST_F(SmtpTest, TooBigIsSaidAtTheEndAndTheRestDropped) {
  options.message_size = 3 << 20;
  begin_data();
  const std::string line(998, 'x');
  for (int i = 0; i < 5000; ++i) EXPECT_EQ(say(line + "\r\n"), "");
  EXPECT_LE(store.staged_bytes, std::size_t{3} << 20);
  EXPECT_EQ(store.abandoned, 1);
  EXPECT_EQ(say(".\r\n").substr(0, 9), "552 5.3.4");
  EXPECT_EQ(codes(say("NOOP\r\n")), "250");
}

TEST_F(SmtpTest, FarTooBigEndsTheConnection) {
  options.message_size = 1000;
  begin_data();
  EXPECT_EQ(say(std::string(1500, 'x') + "\r\n"), "");
  EXPECT_FALSE(closed());
  EXPECT_EQ(say(std::string(1500, 'x') + "\r\n").substr(0, 9), "552 5.3.4");
  EXPECT_TRUE(closed());
}

TEST_F(SmtpTest, SizeCountsContentNotDotsNorTrace) {
  options.message_size = 10;
  begin_data();
  EXPECT_EQ(codes(say("..234567\r\n\r\n.\r\n")), "552");  // 11
  EXPECT_EQ(codes(say("MAIL FROM:<>\r\nRCPT TO:<alice@example.org>\r\nDATA\r\n..23456\r\n\r\n.\r\n")),
            "250 250 354 250");
}

TEST_F(SmtpTest, AnIdleClientIsToldWhyItIsLeft) {
  connect();
  runtime.advance(options.command_time - seconds(1));
  EXPECT_FALSE(closed());
  runtime.advance(seconds(2));
  EXPECT_EQ(heard().substr(0, 9), "421 4.4.2");
  EXPECT_TRUE(closed());
  EXPECT_TRUE(session_ended());
}

// A byte now and then does not make a line's time longer.
TEST_F(SmtpTest, ASlowLineRunsOutOfTime) {
  connect();
  for (int i = 0; i < 400 && !closed(); ++i) {
    say("N");
    runtime.advance(seconds(1));
  }
  EXPECT_TRUE(closed());
}

TEST_F(SmtpTest, DataMayPauseButNotForLong) {
  begin_data();
  runtime.advance(options.data_pause - seconds(1));
  EXPECT_EQ(say("x\r\n"), "");
  runtime.advance(options.data_pause - seconds(1));
  EXPECT_FALSE(closed());
  runtime.advance(seconds(2));
  EXPECT_EQ(code(heard()), "421");
  EXPECT_TRUE(closed());
}

TEST_F(SmtpTest, DrippingDataRunsOutOfTime) {
  begin_data();
  for (int i = 0; i < 100 && !closed(); ++i) {
    say("x");
    runtime.advance(minutes(1));
  }
  EXPECT_TRUE(closed());
  EXPECT_EQ(delivered(), 0u);
}

TEST_F(SmtpTest, AClientThatDoesNotReadIsLeft) {
  wire.send_room = 10;
  connect();
  runtime.advance(options.command_time + seconds(1));
  EXPECT_TRUE(closed());
  EXPECT_TRUE(session_ended());
}

TEST_F(SmtpTest, ADrainSaysGoodbyeToTheIdle) {
  connect();
  gate.drain();
  EXPECT_EQ(heard().substr(0, 9), "421 4.3.2");
  EXPECT_TRUE(closed());
}

TEST_F(SmtpTest, ADrainLetsDataUnderWayComplete) {
  begin_data();
  say("Subject: x\r\n");
  gate.drain();
  EXPECT_EQ(heard(), "");
  EXPECT_EQ(codes(say("\r\nbody\r\n.\r\nNOOP\r\n")), "250 421");
  EXPECT_EQ(delivered(), 1u);
  EXPECT_TRUE(closed());
}

TEST_F(SmtpTest, AnAbortEndsTheSessionAnywhere) {
  begin_data();
  gate.abort();
  runtime.settle();
  EXPECT_TRUE(session_ended());
}

TEST_F(SmtpTest, AClientThatHangsUpWithinDataDeliversNothing) {
  begin_data();
  say("Subject: x\r\n\r\nbody\r\n.");
  hang_up();
  EXPECT_TRUE(session_ended());
  EXPECT_EQ(delivered(), 0u);
}

TEST_F(SmtpTest, ATlsHandshakeOnAPlainPortIsNotWaitedFor) {
  connect();
  EXPECT_EQ(codes(say("\x16\x03\x01")), "554");
  EXPECT_TRUE(closed());
}

class CountingStream : public testing::MemoryStream {
 public:
  CountingStream(Runtime& runtime, testing::Wire& wire, int& sends)
      : MemoryStream(runtime, wire), sends_(sends) {}
  std::size_t send(std::string_view bytes) override {
    if (!bytes.empty()) ++sends_;
    return MemoryStream::send(bytes);
  }

 private:
  int& sends_;
};

TEST_F(SmtpTest, PipelinedRepliesGoOutTogether) {
  int sends = 0;
  Connection counted;
  counted.peer = peer;
  counted.stream = std::make_unique<CountingStream>(runtime, wire, sends);
  runtime.spawn(serve(std::move(counted), service, options, Port::transfer, send_limits));
  say("EHLO client\r\n");
  sends = 0;
  EXPECT_EQ(
      codes(say("MAIL FROM:<>\r\nRCPT TO:<alice@example.org>\r\nRCPT TO:<bob@example.org>\r\nRSET\r\n")),
      "250 250 550 250");
  EXPECT_EQ(sends, 1);
  // RFC 2920 3.2 (5): not kept back
  EXPECT_EQ(codes(say("MAIL FROM:<>\r\nNOOP\r\nRSET\r\n")), "250 250 250");
  EXPECT_EQ(sends, 3);
}

TEST_F(SmtpTest, ALoginThatIsUnavailableIsAFailedOne) {
  connect(Port::submission);
  say("EHLO client\r\n");
  authenticator.stop();
  for (std::size_t i = 1; i <= options.failed_logins; ++i) {
    EXPECT_FALSE(closed());
    EXPECT_EQ(code(say("AUTH PLAIN AGFsaWNlQGV4YW1wbGUub3JnAHNlY3JldA==\r\n")), "454");
  }
  EXPECT_TRUE(closed());
}

TEST_F(SmtpTest, PipelinedCommandsGiveWay) {
  connect();
  EXPECT_GE(turns(testing::repeated("NOOP\r\n", 1600) + "QUIT\r\n"), 100);
}

TEST_F(SmtpTest, OneRecipientIsNamedInTheTraceSeveralAreNot) {
  add_user("bob@example.org", "secret");
  begin_data();
  say("x\r\n.\r\n");
  EXPECT_NE(inbox_message().find("for <alice@example.org>;"), std::string::npos);
  say("MAIL FROM:<>\r\nRCPT TO:<alice@example.org>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\nx\r\n.\r\n");
  EXPECT_EQ(inbox_message(1).find("for <"), std::string::npos);
  EXPECT_EQ(inbox_message(1), store.account("bob@example.org").inbox.at(0).content);
}

TEST_F(SmtpTest, AllRecipientsGoneIsNoSuccess) {
  begin_data();
  store.account("alice@example.org").credentials.account = AccountId{99};
  EXPECT_EQ(codes(say("x\r\n.\r\n")), "550");
}

}  // namespace
}  // namespace postroom::smtp
