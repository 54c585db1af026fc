// What users who are logged in send: what the queue gets, and what is on top of it.
#include <gtest/gtest.h>

#include "protocols/smtp/outside.h"
#include "protocols/smtp/session.h"
#include "tests/support/session_world.h"

namespace postroom::smtp {
namespace {

class Submission : public ::testing::Test, protected testing::SessionWorld {
 protected:
  Submission() {
    add_user("alice@example.org", "secret");
    add_user("bob@example.org", "secret");
    options.relay = true;
  }
  ~Submission() override { end(); }

  void log_in() {
    runtime.spawn(serve(connection(), service, options, Port::submission, send_limits));
    heard();
    EXPECT_EQ(say("EHLO laptop.example\r\nAUTH PLAIN AGFsaWNlQGV4YW1wbGUub3JnAHNlY3JldA==\r\n").find("535"),
              std::string::npos);
  }
  /// The reply to the message's end.
  std::string send(std::initializer_list<const char*> recipients, const std::string& mail = {}) {
    std::string commands = mail.empty() ? "MAIL FROM:<alice@example.org>\r\n" : mail;
    for (const char* recipient : recipients) commands.append("RCPT TO:<").append(recipient).append(">\r\n");
    say(commands + "DATA\r\n");
    return say("Subject: hi\r\n\r\nhello\r\n.\r\n");
  }
  static std::vector<std::string> addresses(const Outgoing& outgoing) {
    std::vector<std::string> all;
    for (const OutgoingRecipient& recipient : outgoing.recipients) all.push_back(recipient.address);
    return all;
  }
  const std::vector<testing::FakeStore::Message>& inbox(const std::string& address) {
    return store.account(address).inbox;
  }

  Options options;
  SendLimits send_limits{runtime};
};

TEST_F(Submission, QueuesForOthersAndDeliversHereByOneCall) {
  log_in();
  const std::string reply =
      send({"carol@example.com", "bob@example.org", "Dave@Example.NET", "carol@EXAMPLE.com"});
  ASSERT_EQ(store.queued.size(), 1u);
  const Outgoing& outgoing = store.queued[0].outgoing;
  EXPECT_EQ(addresses(outgoing), (std::vector<std::string>{"carol@example.com", "Dave@example.net"}));
  EXPECT_EQ(outgoing.reverse_path, "alice@example.org");
  EXPECT_FALSE(outgoing.utf8);
  EXPECT_EQ(reply, "250 2.0.0 Message accepted, id " + outgoing.id + "\r\n");
  ASSERT_EQ(inbox("bob@example.org").size(), 1u);
  EXPECT_EQ(inbox("bob@example.org")[0].content, store.queued[0].content);
}

TEST_F(Submission, SaysNotWhereTheUserIs) {
  log_in();
  send({"carol@example.com"});
  ASSERT_EQ(store.queued.size(), 1u);
  const std::string& content = store.queued[0].content;
  EXPECT_TRUE(
      content.starts_with("Return-Path: <alice@example.org>\r\n"
                          "Received: by mail.example.org with ESMTPA\r\n"
                          "\tid " +
                          store.queued[0].outgoing.id + "\r\n\tfor <carol@example.com>;\r\n\t"))
      << content;
  EXPECT_TRUE(content.substr(return_path_length(content)).starts_with("Received: by "));
  EXPECT_EQ(content.find("laptop"), std::string::npos);
  EXPECT_EQ(content.find(peer.address), std::string::npos);
}

TEST_F(Submission, MailForOurOwnUsersIsNotQueued) {
  log_in();
  EXPECT_TRUE(send({"bob@example.org"}).starts_with("250"));
  EXPECT_TRUE(store.queued.empty());
  EXPECT_EQ(inbox("bob@example.org").size(), 1u);
}

TEST_F(Submission, IsQueuedThoughTheMailboxesHereAreGone) {
  log_in();
  say("MAIL FROM:<alice@example.org>\r\nRCPT TO:<bob@example.org>\r\nRCPT "
      "TO:<carol@example.com>\r\nDATA\r\n");
  store.account("bob@example.org").credentials.account = AccountId{99};
  EXPECT_TRUE(say("x\r\n.\r\n").starts_with("250"));
  EXPECT_EQ(store.queued.size(), 1u);
}

TEST_F(Submission, ReportsHaveNoSender) {
  log_in();
  EXPECT_TRUE(send({"carol@example.com"}, "MAIL FROM:<>\r\n").starts_with("250"));
  ASSERT_EQ(store.queued.size(), 1u);
  EXPECT_EQ(store.queued[0].outgoing.reverse_path, "");
  EXPECT_TRUE(store.queued[0].content.starts_with("Return-Path: <>\r\nReceived: by "));
}

TEST_F(Submission, TellsTheQueueOfSmtputf8) {
  log_in();
  send({"j\xc3\xb6rg@b\xc3\xbc"
        "cher.example"},
       "MAIL FROM:<alice@example.org> SMTPUTF8\r\n");
  ASSERT_EQ(store.queued.size(), 1u);
  EXPECT_TRUE(store.queued[0].outgoing.utf8);
  EXPECT_EQ(addresses(store.queued[0].outgoing),
            std::vector<std::string>{"j\xc3\xb6rg@xn--bcher-kva.example"});
}

TEST_F(Submission, Smtputf8IsNeededWhereItIsUsed) {
  log_in();
  const std::string asked = "MAIL FROM:<alice@example.org> SMTPUTF8 BODY=8BITMIME\r\n";
  send({"carol@b\xc3\xbc"
        "cher.example"},
       asked);
  say(asked + "RCPT TO:<carol@example.com>\r\nDATA\r\n");
  say("Subject: gr\xc3\xbcn\r\n\r\nhello\r\n.\r\n");
  say(asked + "RCPT TO:<carol@example.com>\r\nDATA\r\n");
  say("Subject: hi\r\n\r\ngr\xc3\xbcn\r\n.\r\n");
  ASSERT_EQ(store.queued.size(), 3u);
  EXPECT_FALSE(store.queued[0].outgoing.utf8) << "a domain has a form in ASCII";
  EXPECT_TRUE(store.queued[1].outgoing.utf8);
  EXPECT_FALSE(store.queued[2].outgoing.utf8) << "a body needs 8BITMIME";
}

TEST_F(Submission, GoesNowhereElseWithoutARelay) {
  options.relay = false;
  log_in();
  EXPECT_TRUE(send({"carol@example.com"}).starts_with("500")) << "no 354 before it";
  EXPECT_TRUE(store.queued.empty());
}

TEST_F(Submission, NobodyElseSendsElsewhere) {
  for (const Port port : {Port::transfer, Port::submission}) {
    wire = testing::Wire();
    runtime.spawn(serve(connection(), service, options, port, send_limits));
    say("EHLO laptop.example\r\n");
    send({"carol@example.com"});
    EXPECT_TRUE(store.queued.empty());
    hang_up();
  }
}

TEST_F(Submission, WhatIsMistakenForAnotherUsersIsNotSent) {
  log_in();
  EXPECT_TRUE(say("MAIL FROM:<bob@example.org>\r\n").starts_with("550 5.7.1 "));
  EXPECT_TRUE(say("MAIL FROM:<alice@example.com>\r\n").starts_with("550 5.7.1 "));
  EXPECT_TRUE(say("RCPT TO:<carol@example.com>\r\n").starts_with("503"));
}

TEST_F(Submission, AFaultWhileTheSenderIsLookedUpIsTemporary) {
  log_in();
  store.fails = true;
  EXPECT_TRUE(say("MAIL FROM:<alice@example.org>\r\n").starts_with("451 4.3.0"));
  store.fails = false;
  EXPECT_TRUE(send({"carol@example.com"}).starts_with("250"));
}

std::string outside(const std::string& local, const std::string& domain) {
  Path path;
  path.local = local;
  path.domain = domain;
  return outside_address(path).value_or("");
}

TEST(OutsideAddress, HasOneSpellingOfItsDomain) {
  EXPECT_EQ(outside("Carol", "Example.COM"), "Carol@example.com");
  EXPECT_EQ(outside("carol",
                    "B\xc3\xbc"
                    "cher.example"),
            "carol@xn--bcher-kva.example");
  EXPECT_EQ(outside("a b", "example.com"), "\"a b\"@example.com");
  EXPECT_EQ(outside("carol", "1.2.example"), "carol@1.2.example");
  EXPECT_EQ(outside("carol", "[192.0.2.1]"), "carol@[192.0.2.1]");
  EXPECT_EQ(outside("carol", "[ipv6:2001:DB8::1]"), "carol@[IPv6:2001:db8::1]");
}

TEST(OutsideAddress, NeedsAFullDomain) {
  for (const char* domain : {"", "example", "localhost", "192.0.2.1", "a..example", ".example",
                             "example.com.", "-a.example", "[x400:there]", "xn--a.example"})
    EXPECT_EQ(outside("carol", domain), "") << domain;
}

}  // namespace
}  // namespace postroom::smtp
