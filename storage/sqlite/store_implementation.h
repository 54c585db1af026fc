// The class behind SqliteStore: which call runs which SQL on which lane. store.cc, store_messages.cc,
// store_queue.cc and store_sts.cc define it.
#pragma once

#include "storage/sqlite/checkpointer.h"
#include "storage/sqlite/indexer.h"
#include "storage/sqlite/readers.h"
#include "storage/sqlite/snapshots.h"
#include "storage/sqlite/store.h"
#include "storage/sqlite/writer.h"

namespace postroom::sqlite {

class StoreImplementation final : public SqliteStore {
 public:
  StoreImplementation(Runtime& runtime, const std::filesystem::path& file, const SqliteOptions& options,
                      Connection db);

  void start() override;
  Task<> close() override;
  void stop() noexcept override { stopped_ = true; }
  ChangeHub& changes() override { return changes_; }
  void set_default_quota(const QuotaLimits& limits) override { default_quota_ = limits; }
  void keep_trace(std::chrono::seconds time) override {
    keep_trace_ = time;
    collector_.keep_trace(time);
  }

  Task<std::optional<Credentials>> credentials(std::string address) override;
  Task<Resolved> resolve(std::string address) override;
  Task<Quota> quota(AccountId account) override;

  Task<std::vector<MailboxInfo>> mailboxes(AccountId account) override;
  Task<std::vector<std::string>> subscriptions(AccountId account) override;
  Task<Subscribed> set_subscribed(AccountId account, std::string name, bool subscribed) override;
  Task<Created> create_mailbox(AccountId account, std::string name, SpecialUse use) override;
  Task<Deleted> delete_mailbox(AccountId account, std::string name) override;
  Task<Renamed> rename_mailbox(AccountId account, std::string from, std::string to) override;
  Task<std::optional<MailboxStatus>> status(AccountId account, std::string name) override;
  Task<std::optional<MailboxSnapshot>> open(AccountId account, std::string name, bool claim_recent) override;
  Task<std::vector<std::uint64_t>> count_recent(std::vector<MailboxId> mailboxes) override;

  Task<std::vector<std::string>> keywords(AccountId account) override;
  Task<std::optional<Flags>> keyword_flags(AccountId account, std::vector<std::string> names) override;

  Task<std::vector<MessageRow>> fetch(MailboxId mailbox, UidSet uids, std::uint32_t want) override;
  Task<std::string> read(ContentId content, std::uint64_t offset, std::size_t length) override;
  Task<std::vector<std::string>> read_each(std::vector<ContentRange> ranges) override;
  Task<UidSet> candidates(MailboxId mailbox, UidSet uids, TermQuery query) override;
  Task<MailboxChanges> changes_since(MailboxId mailbox, ModSeq since) override;
  Task<Uid> claim_recent(MailboxId mailbox, Uid last) override;

  Task<Delivered> deliver(Delivery delivery, Spool& spool, MessageFacts facts, TimePoint deadline) override;
  Task<std::optional<Appended>> append_all(MailboxId mailbox, std::vector<NewMessage> messages) override;
  Task<FlagsStored> store_flags(MailboxId mailbox, UidSet uids, FlagChange change) override;
  Task<std::optional<Copied>> copy(MailboxId from, UidSet uids, MailboxId to) override;
  Task<std::optional<Copied>> move(MailboxId from, UidSet uids, MailboxId to) override;
  Task<Expunged> expunge(MailboxId mailbox, UidSet uids, bool deleted_only) override;
  Task<Replaced> replace(MailboxId from, Uid uid, MailboxId to, NewMessage message) override;

  Task<ContentId> stage(std::optional<ContentId> content, std::string& held) override;
  Task<> settle(Spool& spool, MessageFacts facts) override;
  void abandon(ContentId content) noexcept override;
  Task<> add_facts(std::vector<LateFacts> late) override;

  void on_queued(std::function<void()> told) override { queued_ = std::move(told); }
  Task<DueMail> due(WallTime now, DueMost most) override;
  Task<DueBatch> due_at(std::string destination, WallTime now, std::size_t most) override;
  Task<std::vector<std::uint32_t>> remaining(QueueId message, std::string destination) override;
  Task<std::vector<QueuedMail>> overdue(WallTime now, std::size_t most) override;
  Task<std::vector<QueuedMail>> late(WallTime arrived, bool untold, QueuePlace after,
                                     std::size_t most) override;
  Task<> progress(QueueProgress progress) override;
  Task<> put_off(std::string destination, WallTime until, std::string problem) override;

  Task<std::optional<KeptStsPolicy>> sts_policy(std::string domain) override;
  Task<> keep_sts_policy(KeptStsPolicy policy) override;

 private:
  struct Transfers;  // copy and move differ in one function

  Task<Renamed> rename_inbox(AccountId account, std::string to);
  /// Between two pieces of a large change. Throws when the store was stopped.
  void go_on() const;
  /// `whole`: does not stop.
  Task<Expunged> remove(MailboxId mailbox, UidSet uids, bool deleted_only, bool whole);
  Task<bool> transfer(MailboxId from, UidSet uids, MailboxId to, const Transfers& how, Copied& all);

  /// There are new messages.
  void added() {
    if (indexer_) indexer_->wake();
  }

  Runtime& runtime_;
  const SliceLimit limit_;
  const std::size_t changes_at_once_;
  bool stopped_ = false;
  QuotaLimits default_quota_;
  std::chrono::seconds keep_trace_ = kKeepTrace;
  std::function<void()> queued_ = [] {};
  ChangeHub changes_;
  Reserve reserve_;
  Writer writer_;
  Checkpointer checkpointer_;
  Snapshots snapshots_;
  Readers readers_;
  Collector collector_;
  std::optional<Indexer> indexer_;
};

}  // namespace postroom::sqlite
