// SEARCH in a session: it gives way, and ends with its client.
#include <algorithm>
#include <functional>

#include "protocols/mime/facts.h"
#include "tests/unit/imap/session_fixture.h"

namespace postroom::imap {
namespace {

/// Many messages, of which SEARCH has to read all, and something that happens meanwhile.
class SearchedStore : public InboxStore {
 public:
  static constexpr Uid kMessages = 200;
  static constexpr std::uint64_t kSize = 60'000;

  Task<std::optional<MailboxSnapshot>> open(AccountId, std::string, bool) override {
    std::optional<MailboxSnapshot> snapshot;
    snapshot.emplace();
    snapshot->status.id = MailboxId{1};
    snapshot->uids.add(1, kMessages);
    co_return snapshot;
  }
  Task<std::vector<MessageRow>> fetch(MailboxId, UidSet uids, std::uint32_t) override {
    static const std::string parts = mime::facts_of(std::string(kSize, 'x')).parts;
    std::vector<MessageRow> rows;
    for (Uid uid = uids.first(); uid <= uids.last(); ++uid) {
      MessageRow& row = rows.emplace_back();
      row.uid = uid;
      row.size = kSize;
      row.parts = parts;
    }
    co_return rows;
  }
  Task<std::vector<std::string>> read_each(std::vector<ContentRange> ranges) override {
    std::uint64_t bytes = 0;
    for (const ContentRange& range : ranges) bytes += range.length;
    most = std::max(most, bytes);
    if (++reads == 3) meanwhile();
    co_return std::vector<std::string>(ranges.size(), std::string(kSize, 'x'));
  }
  Task<std::string> read(ContentId, std::uint64_t, std::size_t length) override {
    most = std::max<std::uint64_t>(most, length);
    if (++reads == 3) meanwhile();
    co_return std::string(length, 'x');
  }

  int reads = 0;
  std::uint64_t most = 0;  ///< bytes that were read, and are looked at, at once
  std::function<void()> meanwhile = [] {};
};

class ImapSearch : public ImapSession {
 protected:
  ImapSearch() {
    mail.add_account("alice@example.org").credentials = world.store.account("alice@example.org").credentials;
    EXPECT_TRUE(say("l LOGIN alice@example.org secret").ends_with(" logged in\r\n"));
    EXPECT_NE(say("s SELECT INBOX").find("s OK "), std::string::npos);
  }
  // Its session uses what this class has.
  ~ImapSearch() override { world.end(); }

  std::string say(std::string_view line) {
    if (world.session_ended()) world.runtime.spawn(serve(world.connection(), its_service, options));
    return world.say(std::string(line) + "\r\n");
  }

  SearchedStore mail;
  Authenticator its_authenticator{world.runtime, mail, std::string(32, 'k')};
  Service its_service{world.runtime, mail, its_authenticator, world.gate, nullptr, "mail.example.org", false};
};

TEST_F(ImapSearch, ReadsAll) {
  EXPECT_EQ(say("a SEARCH BODY y"), "* SEARCH\r\na OK SEARCH completed\r\n");
  EXPECT_GT(mail.reads, 20);
}

TEST_F(ImapSearch, EndsWhenTheClientLeaves) {
  mail.meanwhile = [this] { world.wire.closed = true; };
  world.runtime.slow_jobs(std::chrono::seconds(1));
  say("a SEARCH BODY y");
  world.runtime.advance(std::chrono::seconds(60));
  EXPECT_TRUE(world.session_ended());
  EXPECT_LE(mail.reads, 15);
}

TEST_F(ImapSearch, AnswersWhoHasClosedItsSideOnly) {
  mail.meanwhile = [this] { world.wire.closed = true; };
  const std::string answers = say("a NOOP\r\nb SEARCH BODY y\r\nc LOGOUT");
  EXPECT_TRUE(answers.starts_with("a OK NOOP completed\r\n* SEARCH\r\nb OK SEARCH completed\r\n")) << answers;
  EXPECT_NE(answers.find("c OK "), std::string::npos) << answers;
}

TEST_F(ImapSearch, EndsWhenItIsAborted) {
  mail.meanwhile = [this] { world.gate.abort(); };
  world.runtime.slow_jobs(std::chrono::seconds(1));
  say("a SEARCH BODY y");
  world.runtime.advance(std::chrono::seconds(60));
  EXPECT_TRUE(world.session_ended());
  EXPECT_LE(mail.reads, 15);
}

TEST_F(ImapSearch, EndsWhenTheServerStops) {
  mail.meanwhile = [this] { world.gate.drain(); };
  EXPECT_EQ(say("a SEARCH BODY y").substr(0, 20), "a NO [UNAVAILABLE] t");
  EXPECT_TRUE(world.session_ended());
  EXPECT_LE(mail.reads, 4);
}

TEST_F(ImapSearch, WhatIsSaidMeanwhileIsHeardLater) {
  mail.meanwhile = [this] { world.wire.to_server += "b NOOP\r\nc NOOP\r\n"; };
  EXPECT_EQ(say("a SEARCH BODY y"),
            "* SEARCH\r\na OK SEARCH completed\r\nb OK NOOP completed\r\nc OK NOOP completed\r\n");
}

// Others wait for the same worker threads: the more is looked for, the less is looked at in one job.
TEST_F(ImapSearch, ManyTextsAreLookedForInLittleAtATime) {
  say("a SEARCH BODY y");
  EXPECT_LE(mail.most, 512u * 1024);
  mail.most = 0;
  std::string keys;
  for (int i = 0; i < 25; ++i) keys += " OR BODY y BODY z";
  EXPECT_EQ(say("b SEARCH" + keys), "* SEARCH\r\nb OK SEARCH completed\r\n");
  EXPECT_LE(50 * mail.most, 2u * 1024 * 1024);
}

}  // namespace
}  // namespace postroom::imap
