// SqliteStore: opening and closing, accounts, mailboxes, keywords.
#include "storage/sqlite/store.h"

#include "base/log.h"
#include "storage/sqlite/accounts.h"
#include "storage/sqlite/contents.h"
#include "storage/sqlite/mailboxes.h"
#include "storage/sqlite/messages.h"
#include "storage/sqlite/quota.h"
#include "storage/sqlite/schema.h"
#include "storage/sqlite/store_implementation.h"

namespace postroom {

namespace sqlite {

namespace {

/// Bytes a small change writes, about.
constexpr std::size_t kSmall = 1024;

// Cache sizes, measured: more makes nothing faster that the system's page cache doesn't.
constexpr std::size_t kWriterCache = 2048;
constexpr std::size_t kReaderCache = 1024;
constexpr std::size_t kCheckpointCache = 64;

/// Connections that read; Lane::reader has a thread for each.
constexpr std::size_t kReaders = 2;

/// The checkpointer holds the writer while it waits for readers.
constexpr std::chrono::milliseconds kCheckpointPatience{20};

Connection::Settings settings(const SqliteOptions& options, std::size_t cache_kib) {
  Connection::Settings result;
  result.vfs = options.vfs;
  result.durable = options.durable;
  result.cache_kib = cache_kib;
  result.busy_timeout = options.lock_patience;
  return result;
}

Connection::Settings checkpoint_settings(const SqliteOptions& options) {
  Connection::Settings result = settings(options, kCheckpointCache);
  result.busy_timeout = kCheckpointPatience;
  return result;
}

std::filesystem::path reserve_file(const std::filesystem::path& file, const SqliteOptions& options) {
  return options.vfs.empty() ? reserve_beside(file) : std::filesystem::path();
}

/// What a server that ended left behind is nobody's.
void take_over(Connection& db) {
  Transaction transaction(db, Transaction::Kind::write);
  drop_all_staged(db);
  transaction.commit();
}

}  // namespace

StoreImplementation::StoreImplementation(Runtime& runtime, const std::filesystem::path& file,
                                         const SqliteOptions& options, Connection db)
    : runtime_(runtime),
      limit_{options.slice_rows, options.slice_time},
      changes_at_once_(options.changes_at_once),
      reserve_(reserve_file(file, options)),
      writer_(runtime, changes_, reserve_, std::move(db), options.queue_limit),
      checkpointer_(runtime, writer_, reserve_, Connection(file, checkpoint_settings(options)),
                    options.checkpoint_pages),
      readers_(runtime, file, settings(options, kReaderCache), kReaders),
      collector_(runtime, writer_, checkpointer_, limit_, options.keep_expunged,
                 options.terms ? EntryOf::indexer : EntryOf::nobody) {
  if (options.terms)
    indexer_.emplace(runtime, writer_, readers_, collector_, limit_, *options.terms, options.index_after);
  collector_.on_entries([this] { added(); });
  writer_.on_commit([this](std::uint32_t pages) { checkpointer_.committed(pages); });
  writer_.on_full([this] {
    checkpointer_.begin();
    collector_.hurry();
  });
  collector_.keep_trace(keep_trace_);
  reserve_.keep();
}

void StoreImplementation::start() {
  collector_.start();
  added();
}

Task<> StoreImplementation::close() {
  if (indexer_) {
    co_await indexer_->finish();
  }
  co_await collector_.finish();
  co_await writer_.finish();
  co_await readers_.finish();
  co_await checkpointer_.finish();
}

Task<std::optional<Credentials>> StoreImplementation::credentials(std::string address) {
  auto job = [&](Connection& db) { return sqlite::credentials(db, address); };
  co_return co_await readers_.run(job);
}

Task<Resolved> StoreImplementation::resolve(std::string address) {
  const QuotaLimits defaults = default_quota_;
  auto job = [&](Connection& db) { return sqlite::resolve(db, address, defaults); };
  co_return co_await readers_.run(job);
}

Task<Quota> StoreImplementation::quota(AccountId account) {
  const QuotaLimits defaults = default_quota_;
  auto job = [&](Connection& db) { return sqlite::quota(db, account, defaults); };
  co_return co_await readers_.run(job);
}

Task<std::vector<MailboxInfo>> StoreImplementation::mailboxes(AccountId account) {
  auto job = [&](Connection& db) { return sqlite::mailboxes(db, account); };
  co_return co_await readers_.run(job);
}

Task<std::vector<std::string>> StoreImplementation::subscriptions(AccountId account) {
  auto job = [&](Connection& db) { return sqlite::subscriptions(db, account); };
  co_return co_await readers_.run(job);
}

Task<Subscribed> StoreImplementation::set_subscribed(AccountId account, std::string name, bool subscribed) {
  const std::string canonical = canonical_name(name);
  auto job = [&](Write& write) { return sqlite::set_subscribed(write, account, canonical, subscribed); };
  co_return co_await writer_.run(kSmall, Writer::Kind::small, job);
}

Task<Created> StoreImplementation::create_mailbox(AccountId account, std::string name, SpecialUse use) {
  const std::string canonical = canonical_name(name);
  const WallTime now = runtime_.wall_now();
  auto job = [&](Write& write) { return sqlite::create_mailbox(write, account, canonical, use, now); };
  co_return co_await writer_.run(kSmall, Writer::Kind::small, job);
}

Task<Deleted> StoreImplementation::delete_mailbox(AccountId account, std::string name) {
  const std::string canonical = canonical_name(name);
  auto job = [&](Write& write) { return sqlite::delete_mailbox(write, account, canonical); };
  const Deleted deleted = co_await writer_.run(kSmall, Writer::Kind::small, job, Writer::Room::makes);
  if (deleted == Deleted::yes) collector_.wake();
  co_return deleted;
}

Task<Renamed> StoreImplementation::rename_mailbox(AccountId account, std::string from, std::string to) {
  const std::string old_name = canonical_name(from);
  const std::string new_name = canonical_name(to);
  if (old_name == "INBOX") co_return co_await rename_inbox(account, new_name);
  const WallTime now = runtime_.wall_now();
  auto job = [&](Write& write) { return sqlite::rename_mailbox(write, account, old_name, new_name, now); };
  co_return co_await writer_.run(kSmall, Writer::Kind::slice, job);
}

Task<Renamed> StoreImplementation::rename_inbox(AccountId account, std::string to) {
  const Created created = co_await create_mailbox(account, to, SpecialUse::none);
  if (created == Created::exists) co_return Renamed::exists;
  if (created == Created::invalid) co_return Renamed::invalid;
  if (created == Created::too_many) co_return Renamed::too_many;
  const auto inbox = co_await status(account, "INBOX");
  const auto target = co_await status(account, to);
  if (!inbox || !target) co_return Renamed::missing;
  const UidSet all(1, inbox->uid_next - 1);
  co_await move(inbox->id, all, target->id);
  co_return Renamed::yes;
}

Task<std::optional<MailboxStatus>> StoreImplementation::status(AccountId account, std::string name) {
  const std::string canonical = canonical_name(name);
  auto job = [&](Connection& db) { return sqlite::status(db, account, canonical); };
  co_return co_await readers_.run(job);
}

Task<std::optional<MailboxSnapshot>> StoreImplementation::open(AccountId account, std::string name,
                                                               bool claim) {
  const std::string canonical = canonical_name(name);
  auto read_job = [&](Connection& db) { return snapshots_.take(db, account, canonical); };
  std::optional<MailboxSnapshot> found = co_await readers_.run(read_job);
  if (!found || !claim || found->status.first_recent >= found->status.uid_next) co_return found;
  const Uid first = co_await claim_recent(found->status.id, found->status.uid_next - 1);
  // Someone else may have claimed newer ones meanwhile.
  found->status.first_recent = std::min(first, found->status.uid_next);
  co_return found;
}

Task<Uid> StoreImplementation::claim_recent(MailboxId mailbox, Uid last) {
  auto read_job = [&](Connection& db) { return first_recent(db, mailbox); };
  const Uid first = co_await readers_.run(read_job);
  if (first > last) co_return first;
  auto write_job = [&](Write& write) { return sqlite::claim_recent(write, mailbox, last); };
  try {
    co_return co_await writer_.run(kSmall, Writer::Kind::small, write_job);
  } catch (const StoreFault& fault) {
    // On a full disk mail can still be read; and who may have been told of a message counts as not told.
    log::warning("storage.recent_not_claimed", {{"cause", fault.what()}});
  }
  co_return first;
}

Task<std::vector<std::uint64_t>> StoreImplementation::count_recent(std::vector<MailboxId> mailboxes) {
  auto job = [&](Connection& db) { return sqlite::count_recent(db, mailboxes); };
  co_return co_await readers_.run(job);
}

Task<std::vector<std::string>> StoreImplementation::keywords(AccountId account) {
  auto job = [&](Connection& db) { return sqlite::keywords(db, account); };
  co_return co_await readers_.run(job);
}

Task<std::optional<Flags>> StoreImplementation::keyword_flags(AccountId account,
                                                              std::vector<std::string> names) {
  auto read_job = [&](Connection& db) { return known_keywords(db, account, names); };
  const std::optional<Flags> known = co_await readers_.run(read_job);
  if (known) co_return known;
  auto write_job = [&](Write& write) { return register_keywords(write, account, names); };
  co_return co_await writer_.run(kSmall, Writer::Kind::small, write_job);
}

Task<std::vector<MessageRow>> StoreImplementation::fetch(MailboxId mailbox, UidSet uids, std::uint32_t want) {
  auto job = [&](Connection& db) { return sqlite::fetch(db, mailbox, uids, want); };
  co_return co_await readers_.run(job);
}

Task<std::string> StoreImplementation::read(ContentId content, std::uint64_t offset, std::size_t length) {
  constexpr std::size_t kMostBytes = 1 << 20;
  auto job = [&](Connection& db) {
    return ContentReader(db).read({content, offset, std::min(length, kMostBytes)});
  };
  co_return co_await readers_.run(job);
}

Task<std::vector<std::string>> StoreImplementation::read_each(std::vector<ContentRange> ranges) {
  auto job = [&](Connection& db) {
    Transaction transaction(db, Transaction::Kind::read);
    return ContentReader(db).read_each(ranges);
  };
  co_return co_await readers_.run(job);
}

Task<UidSet> StoreImplementation::candidates(MailboxId mailbox, UidSet uids, TermQuery query) {
  if (!indexer_ || query.kind == TermQuery::Kind::anything) co_return uids;
  co_return co_await indexer_->candidates(mailbox, std::move(uids), std::move(query));
}

Task<MailboxChanges> StoreImplementation::changes_since(MailboxId mailbox, ModSeq since) {
  auto job = [&](Connection& db) {
    const Transaction transaction(db, Transaction::Kind::read);
    return read_changes(db, mailbox, since, changes_at_once_);
  };
  co_return co_await readers_.run(job);
}

namespace {

std::unique_ptr<SqliteStore> open_store(Runtime& runtime, const std::filesystem::path& file,
                                        const SqliteOptions& options) {
  Connection db = open_database(file, settings(options, kWriterCache));
  take_over(db);
  return std::make_unique<StoreImplementation>(runtime, file, options, std::move(db));
}

}  // namespace

}  // namespace sqlite

std::unique_ptr<SqliteStore> SqliteStore::open(Runtime& runtime, const std::filesystem::path& file,
                                               SqliteOptions options) {
  return sqlite::open_on_full_disk(sqlite::reserve_file(file, options),
                                   [&] { return sqlite::open_store(runtime, file, options); });
}

}  // namespace postroom
