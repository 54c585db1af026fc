// The client's transactions: what is said, whose each answer is, and what becomes of mail when something
// ends.
#include "base/text.h"
#include "tests/unit/smtp/client_fixture.h"

namespace postroom::smtp {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const std::string kContent = "Subject: hi\r\n\r\nx\r\n.\r\n";

TEST_F(ClientTest, SendsStepByStepWithoutPipelining) {
  connect_to({});
  to({"bob@example.com", "carol@example.com"});
  begin_send();
  EXPECT_EQ(heard(), "MAIL FROM:<alice@example.org>\r\n");
  say("250 ok\r\n");
  EXPECT_EQ(heard(), "RCPT TO:<bob@example.com>\r\n");
  say("250 ok\r\n");
  EXPECT_EQ(heard(), "RCPT TO:<carol@example.com>\r\n");
  say("251 ok\r\n");
  EXPECT_EQ(heard(), "DATA\r\n");
  say("354 go\r\n");
  EXPECT_EQ(heard(), kContent);
  EXPECT_EQ(replies(), "waits");
  say("250 2.6.0 taken\r\n");
  EXPECT_EQ(replies(), "250 2.6.0 taken; 250 2.6.0 taken");
  EXPECT_TRUE(client->usable());
}

TEST_F(ClientTest, SendsAtOnceWithPipelining) {
  connect_to({"PIPELINING"});
  mail.reverse_path = "";
  begin_send();
  EXPECT_EQ(heard(), "MAIL FROM:<>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n");
  say("250 ok\r\n250 ok\r\n");
  EXPECT_EQ(heard(), "");
  say("354 go\r\n");
  EXPECT_EQ(heard(), kContent);
  say("250 taken\r\n");
  EXPECT_EQ(replies(), "250 2.0.0 taken");
}

TEST_F(ClientTest, AnswersAreEachRecipientsOwn) {
  for (const bool pipelining : {false, true}) {
    connect_to({pipelining ? "PIPELINING" : "X"});
    to({"a@example.com", "b@example.com", "c@example.com", "d@example.com"});
    begin_send();
    for (const char* answer :
         {"250 ok", "250 ok", "450 4.2.0 later", "550 5.1.1 who?", "552 5.5.3 too many", "354 go"})
      say(std::string(answer) + "\r\n");
    EXPECT_TRUE(heard().ends_with("DATA\r\n" + kContent));
    say("250 taken\r\n");
    EXPECT_EQ(replies(), "250 2.0.0 taken; 450 4.2.0 later; 550 5.1.1 who?; 452 4.5.3 too many");
    EXPECT_TRUE(client->usable());
  }
}

// RFC 5321 4.5.3.1.10: as servers said it before there were enhanced codes.
TEST_F(ClientTest, TooManyRecipientsInTheOldWayAreTriedAgain) {
  connect_to({"PIPELINING"});
  to({"a@example.com", "b@example.com"});
  begin_send();
  say("250 ok\r\n250 ok\r\n552 too many recipients\r\n354 go\r\n");
  say("250 taken\r\n");
  EXPECT_EQ(replies(), "250 2.0.0 taken; 452 4.5.3 too many recipients");
  // The first one's mailbox is full.
  begin_send();
  say("250 ok\r\n552 no room\r\n250 ok\r\n354 go\r\n");
  say("250 taken\r\n");
  EXPECT_EQ(replies(), "552 5.0.0 no room; 250 2.0.0 taken");
  begin_send();
  say("250 ok\r\n250 ok\r\n552 5.2.2 no room\r\n354 go\r\n");
  say("250 taken\r\n");
  EXPECT_EQ(replies(), "250 2.0.0 taken; 552 5.2.2 no room");
}

TEST_F(ClientTest, ManyRecipientsGoInGroups) {
  connect_to({"PIPELINING"});
  std::vector<std::string> all;
  for (int i = 0; i < 250; ++i) all.push_back("user" + std::to_string(i) + "@example.com");
  to(all);
  begin_send();
  EXPECT_TRUE(heard().ends_with("RCPT TO:<user98@example.com>\r\n"));
  for (int i = 0; i < 100; ++i) say("250 ok\r\n");
  EXPECT_TRUE(heard().ends_with("RCPT TO:<user198@example.com>\r\n"));
  for (int i = 0; i < 100; ++i) say("550 no\r\n");
  EXPECT_TRUE(heard().ends_with("RCPT TO:<user249@example.com>\r\nDATA\r\n"));
  for (int i = 0; i < 51; ++i) say("250 ok\r\n");
  say("354 go\r\n");
  say("250 taken\r\n");
  ASSERT_EQ(replies_->size(), 250u);
  EXPECT_EQ((*replies_)[98].shown(), "250 2.0.0 taken");
  EXPECT_EQ((*replies_)[99].shown(), "550 5.0.0 no");
  EXPECT_EQ((*replies_)[199].shown(), "250 2.0.0 taken");
}

TEST_F(ClientTest, RepliesThatComeWhileCommandsGoOutAreTaken) {
  connect_to({"PIPELINING"});
  wire.send_room = 10;  // the server reads no more before we have taken what it says
  begin_send();
  EXPECT_EQ(heard(), "MAIL FROM:");
  wire.to_server = "250 ok\r\n";
  wire.send_room = ~std::size_t{0};
  wire.poke();
  EXPECT_EQ(heard(), "<alice@example.org>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n");
  EXPECT_EQ(wire.to_server, "");
}

TEST_F(ClientTest, ARefusedSenderIsRefusedForAll) {
  connect_to({"PIPELINING"});
  to({"a@example.com", "b@example.com"});
  begin_send();
  say("550 5.7.1 not you\r\n503 first MAIL\r\n503 first MAIL\r\n503 first RCPT\r\n");
  EXPECT_EQ(replies(), "550 5.7.1 not you; 550 5.7.1 not you");
  heard();
  begin_send();  // and the next transaction needs no RSET
  EXPECT_TRUE(heard().starts_with("MAIL FROM"));

  connect_to({});
  begin_send();
  heard();
  say("450 later\r\n");
  EXPECT_EQ(heard(), "");
  EXPECT_EQ(replies(), "450 4.0.0 later; 450 4.0.0 later");
  EXPECT_TRUE(client->usable());
}

TEST_F(ClientTest, EndsAnEmptyMessageWhereNobodyWasAccepted) {  // RFC 2920 3.1
  connect_to({"PIPELINING"});
  begin_send();
  heard();
  say("250 ok\r\n550 who?\r\n354 go\r\n");
  EXPECT_EQ(heard(), ".\r\n");
  say("554 no recipients\r\n");
  EXPECT_EQ(replies(), "550 5.0.0 who?");
  begin_send();
  EXPECT_TRUE(heard().starts_with("MAIL FROM"));
}

TEST_F(ClientTest, ResetsWithTheNextTransactionWhatWasBegun) {
  for (const bool pipelining : {false, true}) {
    connect_to({pipelining ? "PIPELINING" : "X"});
    begin_send();
    say("250 ok\r\n");
    say("550 who?\r\n");
    if (pipelining) say("503 no recipients\r\n");
    EXPECT_EQ(replies(), "550 5.0.0 who?");
    EXPECT_EQ(heard().ends_with("DATA\r\n"), pipelining);
    EXPECT_TRUE(client->usable());
    begin_send();
    const std::string next = heard();
    EXPECT_EQ(next, pipelining
                        ? "RSET\r\nMAIL FROM:<alice@example.org>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n"
                        : "RSET\r\n");
    for (const char* answer : {"250 reset", "250 ok", "250 ok", "354 go", "250 taken"})
      say(std::string(answer) + "\r\n");
    EXPECT_EQ(replies(), "250 2.0.0 taken");
    heard();
    begin_send();
    EXPECT_TRUE(heard().starts_with("MAIL FROM"));
  }
}

TEST_F(ClientTest, AServerThatCannotResetIsOfNoUse) {
  connect_to({});
  begin_send();
  say("250 ok\r\n");
  say("550 who?\r\n");
  begin_send();
  say("502 what?\r\n");
  EXPECT_EQ(replies(), "451 4.4.2 the server answered RSET by \"502 5.0.0 what?\" (ours)");
  EXPECT_FALSE(client->usable());
}

TEST_F(ClientTest, DataMayBeRefused) {
  connect_to({"PIPELINING"});
  to({"a@example.com", "b@example.com"});
  begin_send();
  heard();
  say("250 ok\r\n250 ok\r\n550 who?\r\n451 4.3.1 full\r\n");
  EXPECT_EQ(heard(), "");
  EXPECT_EQ(replies(), "451 4.3.1 full; 550 5.0.0 who?");
  EXPECT_TRUE(client->usable());
}

TEST_F(ClientTest, TheMessageMayBeRefused) {
  connect_to({"PIPELINING"});
  begin_send();
  say("250 ok\r\n250 ok\r\n354 go\r\n");
  say("554 5.6.0 spam\r\n");
  EXPECT_EQ(replies(), "554 5.6.0 spam");
  EXPECT_TRUE(client->usable());
  heard();
  begin_send();
  EXPECT_TRUE(heard().starts_with("MAIL FROM"));
}

TEST_F(ClientTest, A421EndsTheConnectionWhereverItComes) {
  const std::vector<std::string> dialogue{"250 ok", "250 ok", "550 who?", "354 go", "250 taken"};
  for (const bool pipelining : {false, true})
    for (std::size_t step = 0; step < dialogue.size(); ++step) {
      connect_to({pipelining ? "PIPELINING" : "X"});
      to({"a@example.com", "b@example.com"});
      begin_send();
      for (std::size_t i = 0; i < step; ++i) say(dialogue[i] + "\r\n");
      EXPECT_EQ(replies(), "waits") << step;
      say("421 4.3.2 closing\r\n");
      EXPECT_EQ(replies(),
                step < 3 ? "421 4.3.2 closing; 421 4.3.2 closing" : "421 4.3.2 closing; 550 5.0.0 who?");
      EXPECT_FALSE(client->usable());
      heard();
      begin(client->quit());
      EXPECT_TRUE(done());
      EXPECT_EQ(heard(), "");
    }
}

TEST_F(ClientTest, AnEndAtEachStepIsAReply) {
  const std::vector<std::string> dialogue{"250 ok", "250 ok", "550 who?", "354 go"};
  const std::vector<std::string> waits_for{"MAIL", "RCPT", "RCPT", "DATA", "the end of the message"};
  for (const bool pipelining : {false, true})
    for (std::size_t step = 0; step <= dialogue.size(); ++step) {
      connect_to({pipelining ? "PIPELINING" : "X"});
      to({"a@example.com", "b@example.com"});
      begin_send();
      for (std::size_t i = 0; i < step; ++i) say(dialogue[i] + "\r\n");
      hang_up();
      const std::string lost = "451 4.4.2 no reply to " + waits_for[step] + ": peer closed" +
                               (step == dialogue.size() ? " (unsure) (ours)" : " (ours)");
      EXPECT_EQ(replies(), lost + "; " + (step < 3 ? lost : "550 5.0.0 who?"));
      EXPECT_FALSE(client->usable());
    }
}

TEST_F(ClientTest, EachStepHasItsTime) {  // RFC 5321 4.5.3.2
  const std::vector<std::string> dialogue{"250 ok", "250 ok", "354 go"};
  const std::vector<minutes> times{minutes(5), minutes(5), minutes(2), minutes(10)};
  for (std::size_t step = 0; step < times.size(); ++step) {
    connect_to({});
    begin_send();
    for (std::size_t i = 0; i < step; ++i) say(dialogue[i] + "\r\n");
    runtime.advance(times[step] - seconds(1));
    EXPECT_EQ(replies(), "waits");
    runtime.advance(seconds(1));
    ASSERT_TRUE(replies_) << step;
    EXPECT_EQ((*replies_)[0].unsure, step == 3);
    EXPECT_TRUE((*replies_)[0].ours && (*replies_)[0].text.ends_with("peer sent nothing in time"));
  }
}

TEST_F(ClientTest, LmtpAnswersForEachRecipient) {  // RFC 2033 4.2
  options.lmtp = true;
  connect_to({"PIPELINING"});
  to({"a@example.com", "b@example.com", "c@example.com", "d@example.com"});
  begin_send();
  say("250 ok\r\n250 ok\r\n550 who?\r\n250 ok\r\n250 ok\r\n354 go\r\n");
  say("250 a\r\n452 4.2.2 full\r\n");
  EXPECT_EQ(replies(), "waits");
  say("250 d\r\n");
  EXPECT_EQ(replies(), "250 2.0.0 a; 550 5.0.0 who?; 452 4.2.2 full; 250 2.0.0 d");
  EXPECT_TRUE(client->usable());
}

TEST_F(ClientTest, LmtpHasNoAnswerWhereNobodyWasAccepted) {
  options.lmtp = true;
  connect_to({"PIPELINING"});
  begin_send();
  heard();
  say("250 ok\r\n550 who?\r\n354 go\r\n");  // it has to be 503
  EXPECT_EQ(replies(), "550 5.0.0 who?");
  EXPECT_EQ(heard(), "");
  EXPECT_FALSE(client->usable());

  connect_to({"PIPELINING"});
  begin_send();
  say("250 ok\r\n550 who?\r\n503 nobody\r\n");
  EXPECT_EQ(replies(), "550 5.0.0 who?");
  EXPECT_TRUE(client->usable());
}

TEST_F(ClientTest, LmtpMayEndBetweenTheAnswers) {
  options.lmtp = true;
  for (const std::string& end : {std::string("421 closing\r\n"), std::string()}) {
    connect_to({"PIPELINING"});
    to({"a@example.com", "b@example.com", "c@example.com"});
    begin_send();
    say("250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n");
    say("250 a\r\n" + end);
    hang_up();
    const std::string rest = end.empty()
                                 ? "451 4.4.2 no reply to the end of the message: peer closed (unsure) (ours)"
                                 : "421 4.0.0 closing";
    EXPECT_EQ(replies(), "250 2.0.0 a; " + rest + "; " + rest);
  }
}

TEST_F(ClientTest, AnswersOutOfStepEndTheConnection) {
  const std::vector<std::string> dialogue{"250 ok", "250 ok", "354 go"};
  const std::vector<std::string> wrong{"354 go", "334 go", "250 taken", "354 go"};
  for (std::size_t step = 0; step < wrong.size(); ++step) {
    connect_to({});
    begin_send();
    for (std::size_t i = 0; i < step; ++i) say(dialogue[i] + "\r\n");
    say(wrong[step] + "\r\n");
    ASSERT_TRUE(replies_) << step;
    EXPECT_TRUE((*replies_)[0].transient() && (*replies_)[0].ours) << replies();
    EXPECT_EQ((*replies_)[0].unsure, step == 3);
    EXPECT_FALSE(client->usable());
  }
}

TEST_F(ClientTest, SeveralMessagesOnOneConnection) {
  connect_to({"PIPELINING"});
  for (int i = 0; i < 3; ++i) {
    content("message " + std::to_string(i));
    begin_send();
    say("250 ok\r\n250 ok\r\n354 go\r\n");
    say("250 taken\r\n");
    EXPECT_EQ(replies(), "250 2.0.0 taken");
    EXPECT_TRUE(heard().ends_with("DATA\r\nmessage " + std::to_string(i) + "\r\n.\r\n"));
  }
}

TEST_F(ClientTest, EverySlicingAndOrderIsTheSame) {
  for (const std::size_t chunk : {1u, 2u, 7u}) {
    connect_to({"PIPELINING", "SIZE"});
    wire.chunk = chunk;
    to({"a@example.com", "b@example.com"});
    source.piece = chunk;
    begin_send();
    say("250 ok\r\n250 ok\r\n550 who?\r\n354 go\r\n");
    EXPECT_TRUE(heard().ends_with("DATA\r\n" + kContent));
    say("250-one\r\n250 two\r\n");
    EXPECT_EQ(replies(), "250 2.0.0 one two; 550 5.0.0 who?");
  }
}

TEST_F(ClientTest, WhatTheServerSaidWhileNothingWasSentIsHeard) {
  connect_to({"PIPELINING"});
  say("421 4.4.2 you sleep\r\n");
  hang_up();
  begin_send();
  EXPECT_EQ(replies(), "421 4.4.2 you sleep");

  connect_to({"PIPELINING"});
  hang_up();
  begin_send();
  EXPECT_EQ(replies(), "451 4.4.2 no reply to MAIL: peer closed (ours)");
  EXPECT_EQ(heard(), "");

  connect_to({"PIPELINING"});
  say("550 5.1.1 whose is this?\r\n");
  begin_send();
  EXPECT_EQ(replies(), "451 4.4.2 the server answered our silence by \"550 5.1.1 whose is this?\" (ours)");
  EXPECT_FALSE(client->usable());
  EXPECT_EQ(heard(), "");
}

TEST_F(ClientTest, AnAbortIsAReplyToo) {
  connect_to({});
  begin_send();
  say("250 ok\r\n");
  client->abort();
  EXPECT_EQ(heard().substr(0, 9), "MAIL FROM");
  EXPECT_EQ(replies(), "451 4.4.2 no reply to RCPT: aborted (ours)");
}

}  // namespace
}  // namespace postroom::smtp
