// What lists put on their mail, what is not for their members, and the whole of it in a session.
#include "protocols/smtp/mailing_list.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "protocols/smtp/session.h"
#include "tests/support/session_world.h"

namespace postroom::smtp {
namespace {

MailingList list(const std::string& address, const std::string& within = "") {
  MailingList made;
  made.address = address;
  made.post_to = within.empty() ? address : within;
  return made;
}

TEST(MailingList, Fields) {
  EXPECT_EQ(list_fields(list("team@example.org")),
            "Delivered-To: team@example.org\r\n"
            "List-Id: <team.example.org>\r\n"
            "List-Post: <mailto:team@example.org>\r\n"
            "List-Help: <mailto:team-request@example.org?subject=help>\r\n"
            "List-Unsubscribe: <mailto:team-request@example.org?subject=unsubscribe>\r\n"
            "List-Owner: <mailto:team-owner@example.org>\r\n"
            "Precedence: list\r\n");
  const std::string inner = list_fields(list("a&b%@example.org", "all@example.org"));
  EXPECT_TRUE(inner.starts_with("Delivered-To: all@example.org\r\nDelivered-To: a&b%@example.org\r\n"))
      << inner;
  EXPECT_NE(inner.find("List-Post: <mailto:all@example.org>\r\n"), std::string::npos) << inner;
  EXPECT_NE(inner.find("List-Owner: <mailto:a%26b%25-owner@example.org>\r\n"), std::string::npos) << inner;
}

TEST(MailingList, KnowsItsOwnMail) {
  const std::string team = "team@example.org";
  EXPECT_TRUE(came_through("Subject: x\r\nList-Id: The team\r\n <Team.example.org>\r\n\r\n", team));
  EXPECT_TRUE(came_through("list-id: team.example.org\r\n", team));
  EXPECT_TRUE(came_through("Delivered-To: Team@example.org\r\n", team));
  EXPECT_FALSE(came_through("List-Id: <team.example.net>\r\nDelivered-To: ann@example.org\r\n", team));
  EXPECT_FALSE(came_through("Subject: x\r\n\r\nList-Id: <team.example.org>\r\n", team)) << "the body";
  EXPECT_TRUE(came_through(list_fields(list(team)), team));
}

TEST(MailingList, KnowsAutomaticAnswers) {
  EXPECT_TRUE(is_automatic_answer("Auto-Submitted: auto-replied (vacation)\r\n"));
  EXPECT_TRUE(is_automatic_answer("AUTO-SUBMITTED: Auto-Replied; x=y\r\n"));
  EXPECT_FALSE(is_automatic_answer("Auto-Submitted: no\r\n"));
  EXPECT_FALSE(is_automatic_answer("Auto-Submitted: auto-generated\r\n")) << "what a machine tells the team";
}

TEST(MailingList, MembersMayWrite) {
  MailingList team = list("team@example.org");
  team.accounts = {AccountId{1}};
  team.outside = {"Carol@example.net"};
  MailingList within = list("board@example.org", "team@example.org");
  within.accounts = {AccountId{2}};
  MailingList other = list("other@example.org");
  other.accounts = {AccountId{1}};
  Resolved sender;
  EXPECT_TRUE(may_write(std::vector{team}, "carol@example.net", sender));
  EXPECT_FALSE(may_write(std::vector{team}, "dave@example.net", sender));
  sender.accounts = {AccountId{2}};
  EXPECT_FALSE(may_write(std::vector{team}, "x@example.org", sender));
  EXPECT_TRUE(may_write(std::vector{team, within}, "x@example.org", sender));
  EXPECT_FALSE(may_write(std::vector{team, within, other}, "x@example.org", sender)) << "all of them";
  other.anyone = true;
  EXPECT_TRUE(may_write(std::vector{team, within, other}, "x@example.org", sender));
  sender.accounts = {AccountId{1}};
  EXPECT_TRUE(may_write(std::vector{team, within}, "x@example.org", sender));
}

class ListTest : public ::testing::Test, protected testing::SessionWorld {
 protected:
  ListTest() {
    for (const char* user : {"alice@example.org", "bob@example.org", "owner@example.org"})
      add_user(user, "secret");
    options.relay = true;
    options.srs_secret = std::string(32, 's');
    Resolved& team = store.aliases["team@example.org"];
    team.kind = Resolved::Kind::mailbox;
    team.lists.push_back(list("team@example.org"));
    team.lists[0].accounts = {id("alice@example.org"), id("bob@example.org")};
    team.lists[0].outside = {"carol@example.net"};
    team.lists[0].owners = {id("owner@example.org")};
    runtime.spawn(serve(connection(), service, options, Port::transfer, send_limits));
    say("EHLO client\r\n");
  }
  ~ListTest() override { end(); }

  AccountId id(const std::string& address) { return store.account(address).credentials.account; }
  const std::vector<testing::FakeStore::Message>& inbox(const std::string& user) {
    return store.account(user + "@example.org").inbox;
  }
  /// The last reply's code.
  std::string send(const std::string& from, const std::vector<std::string>& to, const std::string& message) {
    std::string said = "MAIL FROM:<" + from + ">\r\n";
    for (const std::string& recipient : to) said += "RCPT TO:<" + recipient + ">\r\n";
    say(said + "DATA\r\n");
    const std::string answer = say(message + ".\r\n");
    return answer.substr(0, 9);
  }

  Options options;
  SendLimits send_limits{runtime};
};

TEST_F(ListTest, MembersGetTheMessageFromTheList) {
  EXPECT_EQ("250 2.0.0",
            send("carol@example.net", {"team@example.org"},
                 "Subject: hi\r\nList-Id: <other.example>\r\nList-Unsubscribe:\r\n <mailto:x>\r\n"
                 "Precedence: bulk\r\nList-Archive: <http://a>\r\n\r\nList-Id: body\r\n"));
  ASSERT_EQ(1u, inbox("alice").size());
  const std::string got = inbox("alice")[0].content;
  EXPECT_TRUE(got.starts_with("Return-Path: <team-bounces@example.org>\r\nReceived: from client (")) << got;
  EXPECT_TRUE(got.ends_with("\r\n" + list_fields(list("team@example.org")) +
                            "Subject: hi\r\nList-Archive: <http://a>\r\n\r\nList-Id: body\r\n"))
      << got;
  EXPECT_EQ(got, inbox("bob")[0].content);
  ASSERT_EQ(1u, store.queued.size());
  const Outgoing& out = store.queued[0].outgoing;
  EXPECT_EQ("team-bounces@example.org", out.reverse_path);
  EXPECT_EQ(got, store.queued[0].content);
  ASSERT_EQ(1u, out.recipients.size());
  EXPECT_EQ("carol@example.net", out.recipients[0].address);
  EXPECT_TRUE(out.recipients[0].dsn.notify.failure);
  EXPECT_FALSE(out.recipients[0].dsn.notify.of_delay());
  EXPECT_TRUE(inbox("owner").empty());
}

TEST_F(ListTest, AMessageWithoutAHeaderHasTheLists) {
  EXPECT_EQ("250 2.0.0", send("alice@example.org", {"team@example.org"}, "just text\r\n"));
  EXPECT_TRUE(inbox("bob")[0].content.ends_with("Precedence: list\r\n\r\njust text\r\n"))
      << inbox("bob")[0].content;
}

TEST_F(ListTest, WhoIsAddressedByThemselvesGetsThat) {
  send("alice@example.org", {"team@example.org", "bob@example.org"}, "Subject: hi\r\n\r\n");
  ASSERT_EQ(1u, inbox("bob").size());
  EXPECT_TRUE(inbox("bob")[0].content.starts_with("Return-Path: <alice@example.org>\r\n"));
  EXPECT_EQ(1u, inbox("alice").size());
}

TEST_F(ListTest, ItsOwnMailIsRefused) {
  EXPECT_EQ("554 5.4.6", send("alice@example.org", {"team@example.org"},
                              "Subject: hi\r\nList-Id: <team.example.org>\r\n\r\n"));
  EXPECT_TRUE(inbox("alice").empty());
  EXPECT_TRUE(store.queued.empty());
}

TEST_F(ListTest, AutomaticAnswersGoToTheOwner) {
  EXPECT_EQ("250 2.0.0", send("alice@example.org", {"team@example.org"},
                              "Subject: away\r\nAuto-Submitted: auto-replied\r\n\r\n"));
  EXPECT_TRUE(inbox("bob").empty());
  ASSERT_EQ(1u, inbox("owner").size());
  EXPECT_TRUE(inbox("owner")[0].content.starts_with("Return-Path: <alice@example.org>\r\n"));
  EXPECT_EQ("250 2.0.0", send("", {"team@example.org"}, "Subject: undelivered\r\n\r\n"));
  EXPECT_EQ(2u, inbox("owner").size());
  EXPECT_TRUE(store.queued.empty());
}

TEST_F(ListTest, LmtpAnswersForListsToo) {
  store.add_account("dave@example.org");
  hang_up();
  wire = testing::Wire();
  runtime.spawn(serve(connection(), service, options, Port::lmtp, send_limits));
  const std::string envelope =
      "MAIL FROM:<alice@example.org>\r\nRCPT TO:<team@example.org>\r\nRCPT TO:<dave@example.org>\r\nDATA\r\n";
  say("LHLO client\r\n" + envelope);
  std::string answers = say("Subject: hi\r\n\r\n.\r\n");
  EXPECT_EQ(2, std::ranges::count(answers, '\n')) << answers;
  EXPECT_EQ(1u, inbox("bob").size());
  EXPECT_EQ(1u, inbox("dave").size());
  say(envelope);
  answers = say("Auto-Submitted: auto-replied\r\n\r\n.\r\n");
  EXPECT_EQ(2, std::ranges::count(answers, '\n')) << answers;
  EXPECT_EQ(1u, inbox("bob").size());
  EXPECT_EQ(1u, inbox("owner").size());
  EXPECT_EQ(2u, inbox("dave").size());
}

TEST_F(ListTest, WhereTheRelayIsOffOutsideMembersWait) {
  options.relay = false;
  say("MAIL FROM:<alice@example.org>\r\n");
  EXPECT_EQ("450 4.7.1", say("RCPT TO:<team@example.org>\r\n").substr(0, 9));
}

TEST_F(ListTest, AFaultStoresNothing) {
  store.fails_at_deliver = true;
  EXPECT_EQ("451 4.3.0", send("alice@example.org", {"team@example.org"}, "Subject: hi\r\n\r\n"));
  EXPECT_TRUE(inbox("bob").empty());
  options.message_size = 100;
  store.fails_at_deliver = false;
  EXPECT_EQ("552 5.3.4", send("alice@example.org", {"team@example.org"}, std::string(200, 'x') + "\r\n"));
  EXPECT_TRUE(inbox("bob").empty());
}

}  // namespace
}  // namespace postroom::smtp
