// FakeStore: what session tests need of a Store, in memory, with faults on demand. Everything else
// of the Store's interface throws std::logic_error: the real one is tested by tests/contract.
#pragma once

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "storage/store.h"

namespace postroom::testing {

class FakeStore : public Store {
 public:
  struct Message {
    Uid uid = 0;
    std::string content;
  };
  struct Queued {
    Outgoing outgoing;
    std::string content;
  };
  struct Account {
    Credentials credentials;
    std::vector<Message> inbox;
    Uid uid_next = 1;
  };

  /// An account without a password; give it one by credentials.
  Account& add_account(const std::string& address) {
    Account& account = accounts_[address];
    account.credentials.account = AccountId{static_cast<std::int64_t>(accounts_.size())};
    account.credentials.address = address;
    domains_.push_back(address.substr(address.find('@') + 1));
    return account;
  }
  Account& account(const std::string& address) { return accounts_.at(address); }
  void add_message(const std::string& address, std::string content) {
    Account& to = accounts_.at(address);
    to.inbox.push_back({to.uid_next++, std::move(content)});
  }

  bool fails = false;           ///< every call throws StoreFault
  bool fails_at_stage = false;  ///< the disk is full
  bool fails_at_deliver = false;
  std::size_t fail_deliveries_from = ~std::size_t{0};  ///< the first is 0
  bool fails_at_expunge = false;
  bool busy = false;                              ///< deliver() finds too much waiting
  std::size_t fail_reads_from = ~std::size_t{0};  ///< read() of this offset or more throws
  std::size_t staged_bytes = 0;
  int abandoned = 0;
  int lookups = 0;             ///< of credentials
  std::vector<Queued> queued;  ///< by deliver()
  std::map<std::string, Resolved> aliases;

  ChangeHub& changes() override { return changes_; }

  Task<std::optional<Credentials>> credentials(std::string address) override {
    ++lookups;
    fault_if(fails);
    std::optional<Credentials> found;
    const auto at = accounts_.find(address);
    if (at != accounts_.end()) found = at->second.credentials;
    co_return found;
  }

  Task<Resolved> resolve(std::string address) override {
    fault_if(fails);
    Resolved resolved;
    const std::string domain = address.substr(address.rfind('@') + 1);
    for (const std::string& local : domains_)
      if (local == domain) resolved.kind = Resolved::Kind::unknown;
    const auto alias = aliases.find(address);
    if (alias != aliases.end()) co_return alias->second;
    const auto at = accounts_.find(address);
    if (at == accounts_.end()) co_return resolved;
    resolved.kind = Resolved::Kind::mailbox;
    resolved.accounts.push_back(at->second.credentials.account);
    co_return resolved;
  }

  Task<std::optional<MailboxSnapshot>> open(AccountId account, std::string, bool) override {
    fault_if(fails);
    const Account& of = by_id(account);
    std::optional<MailboxSnapshot> snapshot;
    snapshot.emplace();
    snapshot->status.id = MailboxId{static_cast<std::int64_t>(account)};
    snapshot->status.uid_validity = 7;
    for (const Message& message : of.inbox) {
      snapshot->uids.add(message.uid);
      snapshot->status.size += message.content.size();
    }
    co_return snapshot;
  }

  Task<std::vector<MessageRow>> fetch(MailboxId mailbox, UidSet uids, std::uint32_t) override {
    fault_if(fails);
    constexpr std::size_t kBatch = 2;
    std::vector<MessageRow> rows;
    for (const Message& message : by_id(AccountId{static_cast<std::int64_t>(mailbox)}).inbox) {
      if (!uids.contains(message.uid) || rows.size() == kBatch) continue;
      MessageRow& row = rows.emplace_back();
      row.uid = message.uid;
      row.content = ContentId{static_cast<std::int64_t>(mailbox) * 1000 + message.uid};
      row.size = message.content.size();
    }
    co_return rows;
  }

  Task<std::string> read(ContentId content, std::uint64_t offset, std::size_t length) override {
    fault_if(fails || offset >= fail_reads_from);
    const auto number = static_cast<std::int64_t>(content);
    for (const Message& message : by_id(AccountId{number / 1000}).inbox)
      if (message.uid == number % 1000)
        co_return message.content.substr(std::min<std::size_t>(offset, message.content.size()), length);
    co_return std::string();
  }

  Task<Delivered> deliver(Delivery delivery, Spool& spool, MessageFacts, TimePoint) override {
    fault_if(fails || fails_at_deliver || deliveries_++ >= fail_deliveries_from);
    Delivered delivered;
    delivered.outcome = Delivered::Outcome::busy;
    if (busy) co_return delivered;
    const std::string content = staged_ + spool.held();
    spool.delivered();
    staged_.clear();
    for (auto& [address, account] : accounts_) {
      for (const AccountId id : delivery.accounts) {
        if (id != account.credentials.account) continue;
        account.inbox.push_back({account.uid_next++, content});
        ++delivered.accounts;
      }
    }
    for (const Outgoing& outgoing : delivery.outgoing) queued.push_back({outgoing, content});
    for (const Delivery::Recipient& recipient : delivery.recipients)
      delivered.recipients.push_back(recipient.further || reaches(recipient) ? Delivered::Outcome::yes
                                                                             : Delivered::Outcome::gone);
    bool stored = delivered.accounts > 0 || !delivery.outgoing.empty();
    for (const Delivery::Copy& copy : delivery.copies) {
      for (const AccountId id : copy.accounts) {
        Account& account = by_id(id);
        account.inbox.push_back({account.uid_next++, copy.spool->held()});
      }
      for (const Outgoing& outgoing : copy.outgoing) queued.push_back({outgoing, copy.spool->held()});
      stored |= !copy.accounts.empty() || !copy.outgoing.empty();
    }
    delivered.outcome = stored ? Delivered::Outcome::yes : Delivered::Outcome::gone;
    co_return delivered;
  }

  Task<Expunged> expunge(MailboxId mailbox, UidSet uids, bool) override {
    fault_if(fails || fails_at_expunge);
    Expunged expunged;
    auto& inbox = by_id(AccountId{static_cast<std::int64_t>(mailbox)}).inbox;
    std::erase_if(inbox, [&](const Message& message) {
      if (!uids.contains(message.uid)) return false;
      expunged.uids.add(message.uid);
      return true;
    });
    co_return expunged;
  }

  Task<ContentId> stage(std::optional<ContentId>, std::string& held) override {
    fault_if(fails || fails_at_stage);
    const std::size_t whole = held.size() - held.size() % Spool::kPiece;
    staged_ += held.substr(0, whole);
    staged_bytes += whole;
    held.erase(0, whole);
    co_return ContentId{1};
  }
  void abandon(ContentId) noexcept override {
    ++abandoned;
    staged_.clear();
  }

  /// Nobody has a limit.
  Task<Quota> quota(AccountId) override { co_return Quota(); }
  Task<std::vector<MailboxInfo>> mailboxes(AccountId) override { throw unused(); }
  Task<std::vector<std::string>> subscriptions(AccountId) override { throw unused(); }
  Task<Subscribed> set_subscribed(AccountId, std::string, bool) override { throw unused(); }
  Task<Created> create_mailbox(AccountId, std::string, SpecialUse) override { throw unused(); }
  Task<Deleted> delete_mailbox(AccountId, std::string) override { throw unused(); }
  Task<Renamed> rename_mailbox(AccountId, std::string, std::string) override { throw unused(); }
  Task<std::optional<MailboxStatus>> status(AccountId, std::string) override { throw unused(); }
  Task<std::vector<std::uint64_t>> count_recent(std::vector<MailboxId>) override { throw unused(); }
  Task<std::vector<std::string>> keywords(AccountId) override { throw unused(); }
  Task<std::optional<Flags>> keyword_flags(AccountId, std::vector<std::string>) override { throw unused(); }
  Task<Uid> claim_recent(MailboxId, Uid) override { throw unused(); }
  Task<MailboxChanges> changes_since(MailboxId, ModSeq) override { throw unused(); }
  Task<std::optional<Appended>> append_all(MailboxId, std::vector<NewMessage>) override { throw unused(); }
  Task<> settle(Spool&, MessageFacts) override { throw unused(); }
  Task<> add_facts(std::vector<LateFacts>) override { throw unused(); }
  Task<FlagsStored> store_flags(MailboxId, UidSet, FlagChange) override { throw unused(); }
  Task<Replaced> replace(MailboxId, Uid, MailboxId, NewMessage) override { throw unused(); }
  Task<std::optional<Copied>> copy(MailboxId, UidSet, MailboxId) override { throw unused(); }
  Task<std::optional<Copied>> move(MailboxId, UidSet, MailboxId) override { throw unused(); }

 private:
  static std::logic_error unused() { return std::logic_error("not a call that session tests need"); }
  static void fault_if(bool condition) {
    if (condition) throw StoreFault("the fake store was told to fail");
  }
  bool reaches(const Delivery::Recipient& recipient) const {
    return std::ranges::any_of(recipient.accounts, [&](AccountId id) {
      return std::ranges::any_of(
          accounts_, [&](const auto& account) { return account.second.credentials.account == id; });
    });
  }
  Account& by_id(AccountId id) {
    for (auto& [address, account] : accounts_)
      if (account.credentials.account == id) return account;
    throw std::logic_error("no such account");
  }

  ChangeHub changes_;
  std::map<std::string, Account> accounts_;
  std::vector<std::string> domains_;
  std::string staged_;
  std::size_t deliveries_ = 0;
};

}  // namespace postroom::testing
