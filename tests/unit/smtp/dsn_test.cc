// What our users are told of the mail they send (RFC 3461), and what the queue is told that it should tell.
#include <gtest/gtest.h>

#include "protocols/smtp/session.h"
#include "tests/support/session_world.h"

namespace postroom::smtp {
namespace {

class Dsn : public ::testing::Test, protected testing::SessionWorld {
 public:
  ~Dsn() override { end(); }

 protected:
  Dsn() {
    for (const char* user : {"alice@example.org", "bob@example.org", "carol@example.org"})
      add_user(user, "secret");
    options.relay = true;
    runtime.spawn(serve(connection(), service, options, Port::submission, send_limits));
    heard();
    say("EHLO laptop.example\r\nAUTH PLAIN AGFsaWNlQGV4YW1wbGUub3JnAHNlY3JldA==\r\n");
  }
  /// As far as 354.
  void begin(std::initializer_list<const char*> recipients,
             const std::string& mail = "FROM:<alice@example.org>") {
    std::string commands = "MAIL " + mail + "\r\n";
    for (const char* recipient : recipients) commands.append("RCPT TO:").append(recipient).append("\r\n");
    EXPECT_NE(say(commands + "DATA\r\n").find("354"), std::string::npos);
  }
  /// Whether it is accepted.
  bool send(std::initializer_list<const char*> recipients,
            const std::string& mail = "FROM:<alice@example.org>") {
    begin(recipients, mail);
    return say("Subject: hi\r\n\r\nhello\r\n.\r\n").starts_with("250");
  }
  const std::vector<testing::FakeStore::Message>& inbox(const std::string& address) {
    return store.account(address).inbox;
  }
  /// What alice was told; empty: nothing, or more than once.
  std::string report() {
    const auto& messages = inbox("alice@example.org");
    return messages.size() == 1 ? messages[0].content : std::string();
  }

  Options options;
  SendLimits send_limits{runtime};
};

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_F(Dsn, TellsOfDeliveryHere) {
  ASSERT_TRUE(send({"<bob@example.org> NOTIFY=SUCCESS ORCPT=rfc822;Bob+2B@example.org"},
                   "FROM:<alice@example.org> RET=FULL ENVID=QQ+2B3"));
  ASSERT_EQ(inbox("bob@example.org").size(), 1u);
  const std::string told = report();
  EXPECT_TRUE(told.starts_with("Return-Path: <>\r\nDate: ")) << told;
  EXPECT_TRUE(has(told, "To: <alice@example.org>\r\n"));
  EXPECT_TRUE(has(told, "Original-Envelope-Id: QQ+3\r\n"));
  EXPECT_TRUE(has(told, "Original-Recipient: rfc822; Bob+@example.org\r\n"));
  EXPECT_TRUE(
      has(told, "Final-Recipient: rfc822; bob@example.org\r\nAction: delivered\r\nStatus: 2.0.0\r\n"));
  EXPECT_TRUE(has(told, "Subject: hi\r\n"));
  EXPECT_FALSE(has(told, "hello\r\n")) << "nothing failed";
}

TEST_F(Dsn, ShowsTheReportBesideTheMessage) {
  ASSERT_TRUE(send({"<bob@example.org> NOTIFY=SUCCESS"}));
  const std::string& message = inbox("bob@example.org").at(0).content;
  const std::size_t id = message.find("\r\nMessage-ID: ") + 14;
  const std::string message_id = message.substr(id, message.find("\r\n", id) - id);
  EXPECT_TRUE(has(report(), "In-Reply-To: " + message_id + "\r\n")) << message;
}

TEST_F(Dsn, SaysNotWhereAnAliasLeads) {
  Resolved& info = store.aliases["info@example.org"];
  info.kind = Resolved::Kind::mailbox;
  for (const char* user : {"bob@example.org", "carol@example.org"})
    info.accounts.push_back(store.account(user).credentials.account);
  ASSERT_TRUE(send({"<info@example.org> NOTIFY=SUCCESS"}));
  EXPECT_EQ(inbox("bob@example.org").size() + inbox("carol@example.org").size(), 2u);
  EXPECT_TRUE(has(report(), "Final-Recipient: rfc822; info@example.org\r\nAction: delivered\r\n"));
  EXPECT_FALSE(has(report(), "bob"));
  // RFC 3461 5.2.7.3
  store.account("alice@example.org").inbox.clear();
  info.outside.push_back("dave@example.com");
  ASSERT_TRUE(send({"<info@example.org> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;info@example.org"}));
  EXPECT_TRUE(has(report(), "Action: expanded\r\n"));
  EXPECT_FALSE(has(report(), "dave"));
  ASSERT_EQ(store.queued.size(), 1u);
  const RecipientDsn& dsn = store.queued[0].outgoing.recipients.at(0).dsn;
  EXPECT_EQ(dsn.notify, (Notify{.said = true, .success = false, .failure = false, .delay = true}));
  EXPECT_EQ(dsn.original_recipient, "rfc822;info@example.org");
}

TEST_F(Dsn, TellsOnlyWhoAsked) {
  EXPECT_TRUE(send({"<bob@example.org>"}));
  EXPECT_TRUE(send({"<bob@example.org> NOTIFY=NEVER"}));
  EXPECT_TRUE(send({"<bob@example.org> NOTIFY=FAILURE,DELAY"}));
  EXPECT_TRUE(inbox("alice@example.org").empty());
  // RFC 3461 5.2.8
  EXPECT_TRUE(send({"<bob@example.org> NOTIFY=FAILURE", "<carol@example.org> NOTIFY=SUCCESS"}));
  EXPECT_TRUE(has(report(), "Final-Recipient: rfc822; carol@example.org\r\n"));
  EXPECT_FALSE(has(report(), "bob"));
}

TEST_F(Dsn, TellsNobodyOfReports) {
  EXPECT_TRUE(send({"<bob@example.org> NOTIFY=SUCCESS"}, "FROM:<>"));
  EXPECT_EQ(inbox("bob@example.org").size(), 1u);
  EXPECT_TRUE(inbox("alice@example.org").empty());
}

TEST_F(Dsn, TellsOfAllByOneReport) {
  EXPECT_TRUE(send({"<bob@example.org> NOTIFY=SUCCESS", "<carol@example.org> NOTIFY=SUCCESS",
                    "<bob@example.org> NOTIFY=SUCCESS,DELAY"}));
  const std::string told = report();
  const std::size_t bob = told.find("Final-Recipient: rfc822; bob@example.org");
  EXPECT_TRUE(has(told, "Final-Recipient: rfc822; carol@example.org"));
  EXPECT_NE(bob, std::string::npos);
  EXPECT_EQ(told.find("Final-Recipient: rfc822; bob@example.org", bob + 1), std::string::npos);
}

TEST_F(Dsn, LeavesOtherServersToTheQueue) {
  EXPECT_TRUE(send({"<dave@example.com> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;Dave@example.com",
                    "<erin@example.com> NOTIFY=NEVER", "<frank@example.com>"},
                   "FROM:<alice@example.org> RET=HDRS ENVID=QQ"));
  EXPECT_TRUE(inbox("alice@example.org").empty());
  ASSERT_EQ(store.queued.size(), 1u);
  const Outgoing& outgoing = store.queued[0].outgoing;
  EXPECT_EQ(outgoing.dsn.ret, Ret::headers);
  EXPECT_EQ(outgoing.dsn.envelope_id, "QQ");
  ASSERT_EQ(outgoing.recipients.size(), 3u);
  EXPECT_EQ(outgoing.recipients[0].dsn.notify,
            (Notify{.said = true, .success = true, .failure = false, .delay = true}));
  EXPECT_EQ(outgoing.recipients[0].dsn.original_recipient, "rfc822;Dave@example.com");
  EXPECT_TRUE(outgoing.recipients[1].dsn.notify.never());
  EXPECT_FALSE(outgoing.recipients[2].dsn.notify.said);
}

TEST_F(Dsn, WhatIsRefusedIsNotTold) {
  begin({"<bob@example.org> NOTIFY=SUCCESS"});
  EXPECT_TRUE(say("a\nb\r\n.\r\n").starts_with("550"));
  begin({"<bob@example.org> NOTIFY=SUCCESS"});
  store.fails_at_deliver = true;
  EXPECT_TRUE(say("x\r\n.\r\n").starts_with("451"));
  EXPECT_TRUE(inbox("alice@example.org").empty());
}

TEST_F(Dsn, TellsNothingThatMayBeFalse) {
  begin({"<bob@example.org> NOTIFY=SUCCESS", "<carol@example.org>"});
  store.account("bob@example.org").credentials.account = AccountId{99};
  EXPECT_TRUE(say("x\r\n.\r\n").starts_with("250"));
  EXPECT_EQ(inbox("carol@example.org").size(), 1u);
  EXPECT_TRUE(inbox("alice@example.org").empty());
}

TEST_F(Dsn, AMessageThatIsStoredIsAcceptedThoughItsReportIsNot) {
  store.fail_deliveries_from = 1;
  EXPECT_TRUE(send({"<bob@example.org> NOTIFY=SUCCESS"}));
  EXPECT_EQ(inbox("bob@example.org").size(), 1u);
  EXPECT_TRUE(inbox("alice@example.org").empty());
}

TEST_F(Dsn, KeepsLittleOfALargeMessage) {
  std::string lines = "Subject: hi\r\n";
  for (int i = 0; i < 3000; ++i) lines += "X-" + std::to_string(i) + ": " + std::string(70, 'x') + "\r\n";
  begin({"<bob@example.org> NOTIFY=SUCCESS"});
  EXPECT_TRUE(say(lines + "\r\nhello\r\n.\r\n").starts_with("250"));
  const std::string& message = inbox("bob@example.org").at(0).content;
  EXPECT_TRUE(message.ends_with("\r\n\r\nhello\r\n"));
  EXPECT_TRUE(has(message, lines));
  EXPECT_TRUE(has(report(), "X-500: "));
  EXPECT_LT(report().size(), 70'000u);
}

TEST_F(Dsn, SpeaksUtf8ToWhoSpeaksIt) {
  const std::string subject = "Subject: gr\xc3\xbcn\r\n";
  begin({"<bob@example.org> NOTIFY=SUCCESS"}, "FROM:<alice@example.org> SMTPUTF8");
  EXPECT_TRUE(say(subject + "\r\n.\r\n").starts_with("250"));
  EXPECT_TRUE(has(report(), "message/global-delivery-status"));
  EXPECT_TRUE(has(report(), subject));
  store.account("alice@example.org").inbox.clear();
  EXPECT_TRUE(send({"<bob@example.org> NOTIFY=SUCCESS"}, "FROM:<alice@example.org> SMTPUTF8"));
  EXPECT_TRUE(has(report(), "message/delivery-status")) << "only where it is needed";
}

class Mended : public Dsn {
 protected:
  /// What bob gets, below our trace fields.
  std::string received() {
    const auto& messages = inbox("bob@example.org");
    if (messages.empty()) return {};
    const std::string& all = messages.back().content;
    const std::size_t trace = all.find("+0000\r\n");
    return all.substr(trace + 7);
  }
};

TEST_F(Mended, GetsDateAndMessageIdAndLosesBcc) {
  begin({"<bob@example.org>"});
  const std::string reply =
      say("Return-Path: <x@example.com>\r\nFrom: alice@example.org\r\nBcc: carol@example.org,\r\n"
          " dave@example.com\r\n\r\nBcc: hello\r\n.\r\n");
  const std::string before = "250 2.0.0 Message accepted, id ";
  ASSERT_TRUE(reply.starts_with(before));
  const std::string id = reply.substr(before.size(), reply.find('\r') - before.size());
  const std::string text = received();
  EXPECT_TRUE(text.starts_with("From: alice@example.org\r\nDate: ")) << text;
  EXPECT_TRUE(text.ends_with("+0000\r\nMessage-ID: <" + id + "@mail.example.org>\r\n\r\nBcc: hello\r\n"));
}

TEST_F(Mended, KeepsWhatItHas) {
  const std::string text =
      "Date: Thu, 01 Jan 2026 12:00:00 +0000\r\nMessage-ID: <1@example.org>\r\n\r\nhello\r\n";
  begin({"<bob@example.org>"});
  EXPECT_TRUE(say(text + ".\r\n").starts_with("250"));
  EXPECT_EQ(received(), text);
}

TEST_F(Mended, ThoughItsLastLineHasNoEnd) {
  say("MAIL FROM:<alice@example.org>\r\nRCPT TO:<bob@example.org>\r\n");
  EXPECT_TRUE(has(say("BDAT 6\r\nSubjecBDAT 5 LAST\r\nt: hi"), "250 2.0.0 Message accepted"));
  EXPECT_TRUE(received().starts_with("Subject: hi\r\nDate: ")) << received();
  EXPECT_TRUE(received().ends_with("@mail.example.org>\r\n"));
}

TEST_F(Mended, OnlyIfItIsOurUsers) {
  hang_up();
  wire = testing::Wire();
  runtime.spawn(serve(connection(), service, options, Port::transfer, send_limits));
  say("EHLO other.example\r\n");
  begin({"<bob@example.org>"}, "FROM:<x@example.com>");
  EXPECT_TRUE(say("Bcc: bob@example.org\r\n\r\nhello\r\n.\r\n").starts_with("250"));
  EXPECT_EQ(received(), "Bcc: bob@example.org\r\n\r\nhello\r\n");
}

}  // namespace
}  // namespace postroom::smtp
