#include "tests/contract/contract.h"

namespace postroom::testing {

namespace {

Verifier some_verifier() {
  Verifier verifier;
  verifier.salt = "salt";
  verifier.iterations = 4096;
  verifier.stored_key = "stored";
  verifier.server_key = "server";
  return verifier;
}

/// Past the store. What tests write need not survive them.
sqlite::Connection open_beside(const std::filesystem::path& file) {
  sqlite::Connection::Settings settings;
  settings.durable = false;
  return sqlite::open_database(file, settings);
}

}  // namespace

void Contract::SetUp() {
  if (GetParam().threads)
    threads_ = std::make_unique<ThreadRuntime>();
  else
    sim_ = std::make_unique<SimRuntime>(GetParam().seed);
  // What is written is not kept beyond the test; slices are small so that few messages need several.
  options.durable = false;
  options.slice_rows = 7;
  options.slice_time = std::chrono::hours(1);
  options.keep_expunged = std::chrono::seconds(0);
  {
    sqlite::Connection db = open_beside(file());
    sqlite::add_domain(db, "example.org");
  }
  alice_ = add_user("alice@example.org");
  bob_ = add_user("bob@example.org");
  store_ = SqliteStore::open(runtime(), file(), options);
  store_->start();
}

void Contract::TearDown() {
  if (store_) await(store_->close());
  if (threads_) threads_->run();  // await() left when the result was there, a step before the coroutine's end
  store_.reset();
  sqlite::Connection db = open_beside(file());
  EXPECT_EQ(0, db.ask("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"));
}

void Contract::reopen() {
  await(store_->close());
  store_.reset();
  store_ = SqliteStore::open(runtime(), file(), options);
  store_->start();
}

void Contract::run_until(const bool& flag) {
  if (threads_) return threads_->run_until([&] { return flag; });
  sim_->settle();
  for (int i = 0; i < 1000 && !flag; ++i) sim_->advance(std::chrono::seconds(1));
  if (!flag) throw std::logic_error("nothing will ever wake the task");
}

void Contract::pass(Duration time) {
  if (sim_) return sim_->advance(time);
  await(sleep_until(runtime(), runtime().now() + time));
}

std::int64_t Contract::ask(const std::string& sql) {
  sqlite::Connection db = open_beside(file());
  return db.ask(sql.c_str());
}

AccountId Contract::add_user(const std::string& address) {
  sqlite::Connection db = open_beside(file());
  EXPECT_EQ(sqlite::UserAdded::yes, sqlite::add_user(db, address, some_verifier(), {}, WallTime{}));
  return sqlite::find_user(db, address)->id;
}

MailboxId Contract::mailbox(AccountId account, const std::string& name) { return status(account, name).id; }

MailboxStatus Contract::status(AccountId account, const std::string& name) {
  const auto found = await(store().status(account, name));
  if (!found) throw std::logic_error("there is no mailbox " + name);
  return *found;
}

std::size_t Contract::deliver(const std::vector<AccountId>& accounts, const std::string& message) {
  Spool spool(store());
  await(spool.append(message));
  return await(store().deliver(accounts, spool, MessageFacts(), kNever)).accounts;
}

Appended Contract::append(MailboxId mailbox, const std::string& message, std::uint64_t flags) {
  Spool spool(store());
  await(spool.append(message));
  const auto appended = await(store().append(mailbox, spool, MessageFacts(), Flags{flags}, WallTime{}));
  if (!appended) throw std::logic_error("the mailbox is gone");
  return *appended;
}

void Contract::fill(MailboxId mailbox, int count) {
  for (int i = 1; i <= count; ++i) append(mailbox, "message " + std::to_string(i));
}

std::vector<MessageRow> Contract::rows(MailboxId mailbox, const UidSet& uids, std::uint32_t want) {
  std::vector<MessageRow> all;
  UidSet rest = uids;
  for (;;) {
    std::vector<MessageRow> some = await(store().fetch(mailbox, rest, want));
    if (some.empty()) return all;
    rest = rest.after(some.back().uid);
    for (MessageRow& row : some) all.push_back(std::move(row));
  }
}

std::string Contract::content(const MessageRow& row) {
  std::string all;
  for (;;) {
    const std::string some = await(store().read(row.content, all.size(), 300000));
    if (some.empty()) return all;
    all += some;
  }
}

std::vector<std::string> Contract::contents(MailboxId mailbox) {
  std::vector<std::string> all;
  for (const MessageRow& row : rows(mailbox)) all.push_back(content(row));
  return all;
}

FlagsStored Contract::flag(MailboxId mailbox, const UidSet& uids, FlagChange::How how, std::uint64_t flags,
                           std::optional<ModSeq> unchanged_since) {
  FlagChange change;
  change.how = how;
  change.flags = Flags{flags};
  change.unchanged_since = unchanged_since;
  return await(store().store_flags(mailbox, uids, change));
}

std::vector<Uid> uids_of(const std::vector<MessageRow>& rows) {
  std::vector<Uid> uids;
  for (const MessageRow& row : rows) uids.push_back(row.uid);
  return uids;
}

std::vector<Uid> uids_of(const UidSet& uids) {
  std::vector<Uid> all;
  for (const UidSet::Run& run : uids.runs())
    for (Uid uid = run.first; uid <= run.last; ++uid) all.push_back(uid);
  return all;
}

UidSet set_of(const std::vector<Uid>& uids) {
  UidSet set;
  for (const Uid uid : uids) set.add(uid);
  return set;
}

}  // namespace postroom::testing
