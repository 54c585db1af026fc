// What transcripts cannot show of an APPEND of several messages: what it costs, and how many there may be.
#include <gtest/gtest.h>

#include "protocols/imap/session.h"
#include "tests/support/session_world.h"

namespace postroom::imap {
namespace {

/// Counts what is given to it.
class CountingStore : public postroom::testing::FakeStore {
 public:
  std::size_t appended = 0;
  std::uint64_t bytes = 0;
  unsigned settled = 0;
  bool fails_to_settle = false;

  Task<std::optional<MailboxStatus>> status(AccountId, std::string) override {
    co_return std::optional<MailboxStatus>(MailboxStatus());
  }
  Task<std::optional<Appended>> append_all(MailboxId, std::vector<NewMessage> messages) override {
    for (const NewMessage& message : messages) {
      bytes += message.spool->size();
      message.spool->delivered();
    }
    appended += messages.size();
    std::optional<Appended> all(std::in_place);
    all->uid = 1;
    all->uid_validity = 7;
    co_return all;
  }
  Task<> settle(Spool& spool, MessageFacts) override {
    if (fails_to_settle) throw StoreFault("disk gone");
    ++settled;
    spool.settled(ContentId{1});
    co_return;
  }
};

class ImapAppend : public ::testing::Test {
 protected:
  ImapAppend() {
    world.add_user("alice@example.org", "secret");
    store.add_account("alice@example.org").credentials = world.store.account("alice@example.org").credentials;
    world.runtime.spawn(serve(world.connection(), service, options));
    world.heard();
    world.say("l LOGIN alice@example.org secret\r\n");
  }

  postroom::testing::SessionWorld world;
  CountingStore store;
  Authenticator authenticator{world.runtime, store, std::string(32, 'k')};
  Service service{world.runtime, store, authenticator, world.gate, nullptr, "mail.example.org", false};
  Options options;
};

TEST_F(ImapAppend, OfManyMessagesHoldsFewInMemory) {
  constexpr std::size_t kSize = 600000;
  world.say("a APPEND INBOX");
  for (int i = 0; i < 20; ++i) {
    world.say(" {600000+}\r\n" + std::string(kSize, 'x'));
    EXPECT_LE(store.held_by_spools, std::size_t{3} << 20);
  }
  EXPECT_EQ(world.say("\r\n"), "a OK [APPENDUID 7 1:20] APPEND completed\r\n");
  EXPECT_EQ(store.appended, 20u);
  EXPECT_EQ(store.bytes, 20 * kSize);
  EXPECT_GT(store.settled, 15u);
  EXPECT_EQ(store.held_by_spools, 0u);
}

TEST_F(ImapAppend, OfSmallMessagesGivesThemToTheStoreAtOnce) {
  std::string command = "a APPEND INBOX";
  for (int i = 0; i < 500; ++i) command += " {5+}\r\nhello";
  EXPECT_EQ(world.say(command + "\r\n"), "a OK [APPENDUID 7 1:500] APPEND completed\r\n");
  EXPECT_EQ(store.appended, 500u);
  EXPECT_EQ(store.settled, 0u);

  EXPECT_EQ(world.say(command + " {5}\r\n"), "a NO [LIMIT] too many messages at once\r\n");
  EXPECT_EQ(world.say(command + " {5+}\r\nhello\r\nb NOOP\r\n"),
            "a NO [LIMIT] too many messages at once\r\nb OK NOOP completed\r\n");
  EXPECT_EQ(store.appended, 500u) << "none of the others";
}

TEST_F(ImapAppend, ThatFailsBetweenTwoMessagesLeavesNothingAndTheSessionGoesOn) {
  log::set_level(log::Level::error);
  store.fails_to_settle = true;
  const std::string large = " {600000+}\r\n" + std::string(600000, 'x');
  const std::string answer = world.say("a APPEND INBOX" + large + large + large + "\r\nb NOOP\r\n");
  EXPECT_EQ(answer,
            "a NO [UNAVAILABLE] the server cannot do this now, try again later\r\nb OK NOOP completed\r\n");
  EXPECT_EQ(store.appended, 0u);
  EXPECT_EQ(store.held_by_spools, 0u);
}

}  // namespace
}  // namespace postroom::imap
