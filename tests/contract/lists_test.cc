// A message and the copies that lists send of it: each stored once, all by one transaction.
#include "storage/sqlite/trace_search.h"
#include "tests/contract/queues.h"

namespace postroom::testing {
namespace {

class ListCopies : public Queues {
 protected:
  struct Sent {
    std::vector<AccountId> accounts;
    std::vector<AccountId> members;
    std::vector<const char*> outside;
  };
  Delivered send(const Sent& sent, std::size_t size = 5) {
    Delivery delivery(sent.accounts);
    delivery.origin.emplace().id = "m1";
    Spool message(store());
    await(message.append("hello"));
    Spool copy(store());
    await(copy.append("copy:" + std::string(size, 'x')));
    Delivery::Copy& of_list = delivery.copies.emplace_back();
    of_list.list = "team@example.org";
    of_list.spool = &copy;
    of_list.accounts = sent.members;
    if (!sent.outside.empty()) {
      Outgoing& outgoing = of_list.outgoing.emplace_back(to({}, "team-bounces@example.org"));
      for (const char* recipient : sent.outside) outgoing.recipients.emplace_back(recipient);
    }
    return await(store().deliver(std::move(delivery), message, MessageFacts(), kNever));
  }
};
POSTROOM_CONTRACT(ListCopies);

TEST_P(ListCopies, MembersGetTheListsContent) {
  const Delivered delivered = send({{alice()}, {bob()}, {"carol@example.net"}});
  EXPECT_EQ(Delivered::Outcome::yes, delivered.outcome);
  EXPECT_EQ(1u, delivered.accounts);
  EXPECT_EQ(std::vector<std::string>{"hello"}, contents(inbox(alice())));
  EXPECT_EQ(std::vector<std::string>{"copy:xxxxx"}, contents(inbox(bob())));
  const QueuedMail queued = only("example.net");
  EXPECT_EQ("team-bounces@example.org", queued.reverse_path);
  EXPECT_EQ("copy:xxxxx", await(store().read(queued.content, 0, 100)));
  EXPECT_EQ(2, count("SELECT count(*) FROM content"));
  EXPECT_EQ(2, count("SELECT refs FROM shared")) << "Bob's and the queue's";
}

// The message itself is nobody's.
TEST_P(ListCopies, OnlyWhatSomebodyGetsIsKept) {
  EXPECT_EQ(Delivered::Outcome::yes, send({{}, {alice(), bob()}, {}}, 200000).outcome);
  EXPECT_EQ(200005u, contents(inbox(alice()))[0].size());
  EXPECT_EQ(1, count("SELECT count(*) FROM content"));
  EXPECT_EQ(Delivered::Outcome::yes, send({{}, {AccountId{999}}, {"carol@example.net"}}).outcome);
  EXPECT_EQ(2, count("SELECT count(*) FROM content"));
  EXPECT_EQ(Delivered::Outcome::gone, send({{}, {AccountId{999}}, {}}).outcome);
  EXPECT_EQ(2, count("SELECT count(*) FROM content"));
  EXPECT_EQ(0, count("SELECT count(*) FROM staged"));
}

// RFC 2033 4.2: nothing is said to be taken that nobody got.
TEST_P(ListCopies, ARecipientApartWhoseMembersAreGoneIsRefused) {
  for (const bool there : {true, false}) {
    Delivery delivery;
    delivery.recipients.emplace_back().further = true;
    Spool message(store());
    await(message.append("hello"));
    Spool copy(store());
    await(copy.append("copy"));
    delivery.copies.emplace_back().spool = &copy;
    delivery.copies[0].accounts = {there ? alice() : AccountId{999}};
    const Delivered delivered = await(store().deliver(std::move(delivery), message, MessageFacts(), kNever));
    const auto expected = there ? Delivered::Outcome::yes : Delivered::Outcome::gone;
    EXPECT_EQ(std::vector{expected}, delivered.recipients);
  }
}

TEST_P(ListCopies, AMemberWhoIsFullIsNoReasonToRefuse) {
  sqlite::Connection db = sqlite::open_database(file());
  sqlite::OwnLimits limits;
  limits.storage = 1;
  sqlite::set_limits(db, "alice@example.org", limits);
  EXPECT_EQ(Delivered::Outcome::yes, send({{}, {alice(), bob()}, {}}).outcome);
  EXPECT_EQ(1u, status(alice()).messages);
  EXPECT_EQ(1u, status(bob()).messages);
}

TEST_P(ListCopies, TheTraceTellsOfTheListAndItsMembers) {
  send({{}, {alice(), bob()}, {"carol@example.net"}});
  sqlite::Connection db = sqlite::open_database(file());
  sqlite::TraceSearch what;
  what.names.push_back("team@example.org");
  what.most = 10;
  const auto found = sqlite::search_trace(db, what);
  ASSERT_EQ(1u, found.size());
  ASSERT_EQ(4u, found[0].events.size());
  EXPECT_EQ(TraceEvent::Kind::expanded, found[0].events[0].event.kind);
  EXPECT_EQ(3, found[0].events[0].event.value);
  EXPECT_EQ("alice@example.org", found[0].events[1].event.address);
  EXPECT_EQ("team@example.org", found[0].events[1].event.via);
  EXPECT_EQ("carol@example.net", found[0].events[3].event.address);
}

}  // namespace
}  // namespace postroom::testing
