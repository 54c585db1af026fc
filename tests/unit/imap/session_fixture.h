// A session over a store that a test moves, and its client.
#pragma once

#include <gtest/gtest.h>

#include "protocols/imap/session.h"
#include "tests/support/session_world.h"

namespace postroom::imap {

/// An inbox that changes when the test says so.
class InboxStore : public postroom::testing::FakeStore {
 public:
  MailboxChanges first;  ///< what changes_since() answers to whoever has not been told it
  MailboxChanges next;   ///< and then
  bool fails_to_tell = false;
  bool damaged = false;  ///< open() finds it so

  /// Another message has come.
  void arrive(Uid uid) {
    next = MailboxChanges();
    next.added.add(uid);
    next.highest_modseq = ++modseq_;
    changes().publish(MailboxId{1}, modseq_);
  }

  /// Messages are gone.
  void vanish(const UidSet& uids) {
    next = MailboxChanges();
    next.expunged = uids;
    next.highest_modseq = ++modseq_;
    changes().publish(MailboxId{1}, modseq_);
  }

  Task<std::vector<MailboxInfo>> mailboxes(AccountId) override {
    std::vector<MailboxInfo> all(1);
    all[0].name = "INBOX";
    co_return all;
  }
  Task<Subscribed> set_subscribed(AccountId, std::string, bool) override { co_return Subscribed::too_many; }
  /// Somebody sets \Seen just before the next STORE, which has nothing left to change then.
  Task<FlagsStored> store_flags(MailboxId, UidSet, FlagChange) override {
    next = MailboxChanges();
    next.highest_modseq = ++modseq_;
    next.changed.push_back({1, Flags{Flags::seen}, modseq_});
    changes().publish(MailboxId{1}, modseq_);
    FlagsStored stored;
    stored.now = next.changed;
    co_return stored;
  }

  Task<std::vector<std::string>> keywords(AccountId) override { co_return std::vector<std::string>(); }
  Task<std::optional<MailboxSnapshot>> open(AccountId account, std::string name, bool claim) override {
    if (damaged) throw StoreCorrupt("not what it was");
    co_return co_await FakeStore::open(account, std::move(name), claim);
  }
  Task<MailboxChanges> changes_since(MailboxId, ModSeq since) override {
    if (fails_to_tell) throw StoreFault("disk gone");
    if (first.highest_modseq > since) co_return first;
    if (next.highest_modseq <= since) co_return MailboxChanges();
    co_return next;
  }
  Task<Uid> claim_recent(MailboxId, Uid last) override { co_return last; }

 private:
  ModSeq modseq_ = 1;
};

class ImapSession : public ::testing::Test {
 protected:
  ImapSession() {
    world.add_user("alice@example.org", "secret");
    store.add_account("alice@example.org").credentials = world.store.account("alice@example.org").credentials;
  }
  ~ImapSession() override { world.end(); }

  void connect() {
    world.runtime.spawn(serve(world.connection(), service, options));
    world.heard();
  }
  void log_in() {
    connect();
    EXPECT_EQ(world.say("l LOGIN alice@example.org secret\r\n").substr(0, 5), "l OK ");
  }
  void select() {
    log_in();
    EXPECT_NE(world.say("s SELECT INBOX\r\n").find("s OK "), std::string::npos);
  }
  std::string say(std::string_view line) { return world.say(std::string(line) + "\r\n"); }

  postroom::testing::SessionWorld world;
  InboxStore store;
  Authenticator authenticator{world.runtime, store, std::string(32, 'k')};
  Service service{world.runtime, store, authenticator, world.gate, nullptr, "mail.example.org", false};
  Options options;
};

}  // namespace postroom::imap
