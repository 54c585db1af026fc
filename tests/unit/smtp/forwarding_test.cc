// Mail that aliases send on to other servers, and what comes back from there.
#include <gtest/gtest.h>

#include "protocols/smtp/session.h"
#include "protocols/smtp/srs.h"
#include "tests/support/session_world.h"

namespace postroom::smtp {
namespace {

class Forwarding : public ::testing::Test, protected testing::SessionWorld {
 protected:
  Forwarding() {
    add_user("alice@example.org", "secret");
    Resolved carol;
    carol.kind = Resolved::Kind::mailbox;
    carol.outside.push_back("carol@example.com");
    store.aliases["away@example.org"] = carol;
    store.aliases["office@example.org"] = carol;
    options.relay = true;
    options.srs_secret = "a secret";
    runtime.spawn(serve(connection(), service, options, Port::transfer, send_limits));
    heard();
    say("EHLO mx.example.net\r\n");
  }
  ~Forwarding() override { end(); }

  /// The reply to the message's end.
  std::string send(const std::string& from, std::initializer_list<std::string> recipients) {
    std::string commands = "MAIL FROM:<" + from + ">\r\n";
    for (const std::string& recipient : recipients) commands += "RCPT TO:<" + recipient + ">\r\n";
    say(commands + "DATA\r\n");
    return say("Subject: hi\r\n\r\nhello\r\n.\r\n");
  }
  const Outgoing& only() {
    EXPECT_EQ(store.queued.size(), 1u);
    return store.queued.at(0).outgoing;
  }

  Options options;
  SendLimits send_limits{runtime};
};

TEST_F(Forwarding, LeavesUnderAnAddressOfOurs) {
  send("dave@example.net", {"away@example.org", "alice@example.org", "office@example.org"});
  const Outgoing& outgoing = only();
  ASSERT_EQ(outgoing.recipients.size(), 1u) << "each once";
  EXPECT_EQ(outgoing.recipients[0].address, "carol@example.com");
  EXPECT_TRUE(outgoing.reverse_path.starts_with("SRS0=")) << outgoing.reverse_path;
  EXPECT_TRUE(outgoing.reverse_path.ends_with("=example.net=dave@example.org")) << outgoing.reverse_path;
  EXPECT_EQ(store.account("alice@example.org").inbox.size(), 1u);
}

TEST_F(Forwarding, ReportsAreForwardedFromNobody) {
  send("", {"away@example.org"});
  EXPECT_EQ(only().reverse_path, "");
}

TEST_F(Forwarding, WhatComesBackGoesToWhoSentIt) {
  const std::string back =
      srs_forward("dave@example.net", "example.org", options.srs_secret, runtime.wall_now());
  send("", {back});
  EXPECT_EQ(only().recipients.at(0).address, "dave@example.net");
  EXPECT_EQ(only().reverse_path, "");
}

TEST_F(Forwarding, AlsoWhenThatIsAUserOfOurs) {
  const std::string back =
      srs_forward("alice@example.org", "example.com", options.srs_secret, runtime.wall_now());
  send("", {back.substr(0, back.rfind('@')) + "@example.org"});
  EXPECT_TRUE(store.queued.empty());
  EXPECT_EQ(store.account("alice@example.org").inbox.size(), 1u);
}

// It would be a way to have us send anything to somebody, and to have us call any machine.
TEST_F(Forwarding, OnlyReportsComeBack) {
  const std::string back =
      srs_forward("dave@example.net", "example.org", options.srs_secret, runtime.wall_now());
  EXPECT_NE(say("MAIL FROM:<eve@example.com>\r\nRCPT TO:<" + back + ">\r\n").find("\r\n550 5.1.1 "),
            std::string::npos);
  const std::string machine =
      srs_forward("dave@[127.0.0.1]", "example.org", options.srs_secret, runtime.wall_now());
  EXPECT_NE(say("RSET\r\nMAIL FROM:<>\r\nRCPT TO:<" + machine + ">\r\n").find("\r\n550 5.1.1 "),
            std::string::npos);
}

TEST_F(Forwarding, ThePostmasterThatOurReportsNameIsHere) {
  Resolved& postmaster = store.aliases["postmaster"];
  postmaster.kind = Resolved::Kind::mailbox;
  postmaster.accounts.push_back(store.account("alice@example.org").credentials.account);
  send("dave@example.net", {"Postmaster@" + service.hostname});
  EXPECT_EQ(store.account("alice@example.org").inbox.size(), 1u);
}

TEST_F(Forwarding, WhatAUserSendsThereAnywayGoesOnce) {
  Transaction transaction;
  transaction.content = std::make_unique<Incoming>(service, options);
  transaction.outside.emplace_back("carol@example.com");
  transaction.forwarded.emplace_back("carol@example.com");
  EXPECT_EQ(transaction.delivery().outgoing.size(), 1u);
}

TEST_F(Forwarding, NobodyElseCanSignSuchAnAddress) {
  const std::string forged = srs_forward("dave@example.net", "example.org", "a guess", runtime.wall_now());
  EXPECT_NE(say("MAIL FROM:<>\r\nRCPT TO:<" + forged + ">\r\n").find("\r\n550 5.1.1 "), std::string::npos);
  EXPECT_TRUE(store.queued.empty());
}

TEST_F(Forwarding, IsRefusedForAWhileWhereNothingIsSent) {
  options.relay = false;
  EXPECT_NE(say("MAIL FROM:<>\r\nRCPT TO:<away@example.org>\r\n").find("\r\n450 4.7.1 "), std::string::npos);
  EXPECT_TRUE(store.queued.empty());
}

}  // namespace
}  // namespace postroom::smtp
