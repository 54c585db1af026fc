// Reports on their way to senders here and elsewhere.
#include "protocols/smtp/store_report.h"

#include <gtest/gtest.h>

#include "tests/support/await.h"
#include "tests/support/fake_store.h"

namespace postroom::smtp {
namespace {

class StoreReport : public ::testing::Test {
 protected:
  StoreReport() { store_.add_account("alice@example.org"); }

  bool send(const std::string& to, bool utf8 = false) {
    ReportFacts facts;
    facts.hostname = "mail.example.org";
    facts.to = to;
    facts.utf8 = utf8;
    facts.original_headers = "Subject: hi\r\n\r\nhello\r\n";
    facts.recipients.emplace_back().address = "bob@example.com";
    return testing::await(runtime_, store_report(runtime_, store_, std::move(facts), "about", std::nullopt));
  }

  testing::SimRuntime runtime_;
  testing::FakeStore store_;
};

TEST_F(StoreReport, GoesIntoTheInboxOfOurUser) {
  EXPECT_TRUE(send("alice@example.org"));
  EXPECT_TRUE(store_.queued.empty());
  ASSERT_EQ(store_.account("alice@example.org").inbox.size(), 1u);
  const std::string& report = store_.account("alice@example.org").inbox[0].content;
  EXPECT_TRUE(report.starts_with("Return-Path: <>\r\nDate: ")) << report;
  EXPECT_NE(report.find("@mail.example.org>\r\n"), std::string::npos) << "its Message-ID";
  EXPECT_NE(report.find("Subject: hi\r\n"), std::string::npos);
  EXPECT_EQ(report.find("hello"), std::string::npos) << "no header field";
}

TEST_F(StoreReport, LeavesFromNobodyAndNobodyIsToldOfIt) {
  EXPECT_TRUE(send("carol@example.com"));
  ASSERT_EQ(store_.queued.size(), 1u);
  const Outgoing& outgoing = store_.queued[0].outgoing;
  EXPECT_EQ(outgoing.reverse_path, "");
  EXPECT_EQ(outgoing.dsn.ret, Ret::unsaid);
  EXPECT_FALSE(outgoing.utf8);
  EXPECT_EQ(outgoing.id.size(), 20u);
  ASSERT_EQ(outgoing.recipients.size(), 1u);
  EXPECT_EQ(outgoing.recipients[0].address, "carol@example.com");
  EXPECT_TRUE(outgoing.recipients[0].dsn.notify.never());
}

TEST_F(StoreReport, ThatIsInUtf8NeedsServersForIt) {
  EXPECT_TRUE(send("carol@example.com", true));
  ASSERT_EQ(store_.queued.size(), 1u);
  EXPECT_TRUE(store_.queued[0].outgoing.utf8);
}

TEST_F(StoreReport, FollowsAnAliasToOtherServers) {
  Resolved& office = store_.aliases["office@example.org"];
  office.kind = Resolved::Kind::mailbox;
  office.outside = {"carol@example.com", "dave@example.com"};
  EXPECT_TRUE(send("office@example.org"));
  ASSERT_EQ(store_.queued.size(), 1u);
  ASSERT_EQ(store_.queued[0].outgoing.recipients.size(), 2u);
  EXPECT_EQ(store_.queued[0].outgoing.recipients[1].address, "dave@example.com");
  EXPECT_TRUE(store_.queued[0].outgoing.recipients[1].dsn.notify.never());
}

// Else one about each would come back from there, and go there again.
TEST_F(StoreReport, ForThePostmasterStaysHere) {
  Resolved& postmaster = store_.aliases["postmaster"];
  postmaster.kind = Resolved::Kind::mailbox;
  postmaster.outside = {"carol@example.com"};
  EXPECT_FALSE(send("postmaster"));
  EXPECT_TRUE(store_.queued.empty());
  postmaster.accounts.push_back(store_.account("alice@example.org").credentials.account);
  EXPECT_TRUE(send("postmaster"));
  EXPECT_TRUE(store_.queued.empty());
  ASSERT_EQ(store_.account("alice@example.org").inbox.size(), 1u);
  EXPECT_NE(
      store_.account("alice@example.org").inbox[0].content.find("To: <postmaster@mail.example.org>\r\n"),
      std::string::npos);
}

TEST_F(StoreReport, IsNotStoredForNobody) {
  EXPECT_FALSE(send("nobody@example.org"));
  EXPECT_TRUE(store_.queued.empty());
}

TEST_F(StoreReport, SaysThatTheStoreIsBusy) {
  store_.busy = true;
  EXPECT_THROW(send("alice@example.org"), StoreFault);
}

}  // namespace
}  // namespace postroom::smtp
