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

// RFC 3030 3: bit for bit the same, however it is cut.
TEST_F(Submission, BinaryContentIsKeptInBase64) {
  const std::string head =
      "MIME-Version: 1.0\r\nContent-Type: a/b\r\nContent-Transfer-Encoding: binary\r\n\r\n";
  const std::string bytes("\0\r\n\n\r\xff", 6);
  log_in();
  say("MAIL FROM:<> BODY=BINARYMIME\r\nRCPT TO:<bob@example.org>\r\nBDAT " + std::to_string(head.size() + 2) +
      "\r\n" + head + bytes.substr(0, 2) + "BDAT 4 LAST\r\n" + bytes.substr(2));
  ASSERT_EQ(inbox("bob@example.org").size(), 1u);
  const std::string& content = inbox("bob@example.org")[0].content;
  EXPECT_NE(content.find("Content-Transfer-Encoding: base64\r\n"), std::string::npos) << content;
  EXPECT_TRUE(content.ends_with("\r\n\r\nAA0KCg3/\r\n")) << content;
}

TEST_F(Submission, TellsTheQueueOfTheFormOfAContent) {
  log_in();
  send({"carol@example.com"});
  EXPECT_EQ(store.queued.back().outgoing.form, ContentForm());
  say("MAIL FROM:<alice@example.org>\r\nRCPT TO:<carol@example.com>\r\nBDAT 6 LAST\r\n\r\n\xc3\xbc\r\n");
  EXPECT_EQ(store.queued.back().outgoing.form, ContentForm{.beyond_ascii = true});
  const std::string bytes("\r\n\0\n", 4);
  for (const std::string also : {"", "RCPT TO:<bob@example.org>\r\n"}) {
    say("MAIL FROM:<alice@example.org> BODY=BINARYMIME\r\nRCPT TO:<carol@example.com>\r\n" + also +
        "BDAT 4 LAST\r\n" + bytes);
    const bool as_it_came = also.empty();  // what is for our own users, too, is text
    EXPECT_EQ(store.queued.back().outgoing.form.binary(), as_it_came);
    EXPECT_EQ(store.queued.back().content.ends_with(bytes), as_it_came);
  }
}

// RFC 6531 3.2: servers without SMTPUTF8 know the domain, too.
TEST_F(Submission, ADomainBeyondAsciiNeedsNoSmtputf8) {
  Resolved& alias = store.aliases["alice@xn--bcher-kva.example"];
  alias.kind = Resolved::Kind::mailbox;
  alias.accounts = {store.account("alice@example.org").credentials.account};
  log_in();
  send({"carol@b\xc3\xbc"
        "cher.example"},
       "MAIL FROM:<alice@b\xc3\xbc"
       "cher.example> SMTPUTF8\r\n");
  ASSERT_EQ(store.queued.size(), 1u);
  EXPECT_EQ(store.queued[0].outgoing.reverse_path, "alice@xn--bcher-kva.example");
  EXPECT_EQ(store.queued[0].outgoing.recipients[0].address, "carol@xn--bcher-kva.example");
  EXPECT_FALSE(store.queued[0].outgoing.utf8);
}

// RFC 4865, RFC 2852, RFC 6710
TEST_F(Submission, TellsTheQueueWhatTheSenderWantsOfIt) {
  log_in();
  const WallTime now = runtime.wall_now();
  send({"carol@example.com", "bob@example.org", "bob@example.org"},
       "MAIL FROM:<alice@example.org> HOLDFOR=3600 BY=7200;RT MT-PRIORITY=-4\r\n");
  ASSERT_EQ(store.queued.size(), 2u);
  EXPECT_EQ(addresses(store.queued[0].outgoing), std::vector<std::string>{"carol@example.com"});
  EXPECT_EQ(addresses(store.queued[1].outgoing), std::vector<std::string>{"bob@example.org"});
  for (const auto& [outgoing, content] : store.queued) {
    EXPECT_EQ(outgoing.release, now + std::chrono::hours(1));
    EXPECT_EQ(outgoing.deliver_by, (DeliverBy{now + std::chrono::hours(2), true, true}));
    EXPECT_EQ(outgoing.priority, -4);
    EXPECT_NE(content.find("\r\n\tPRIORITY -4;"), std::string::npos);
  }
  EXPECT_TRUE(inbox("bob@example.org").empty());
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
