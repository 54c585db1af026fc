// What every Store is held to: the same tests on virtual time in several orders, and on real threads.
#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include "storage/sqlite/accounts.h"
#include "storage/sqlite/store.h"
#include "tests/support/sim_runtime.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/thread_runtime.h"

namespace postroom::testing {

/// One way to run a store: a seed for SimRuntime, or threads.
struct Mode {
  const char* name;
  std::uint64_t seed;
  bool threads;
};

class Contract : public ::testing::TestWithParam<Mode> {
 protected:
  void SetUp() override;
  void TearDown() override;

  /// Runs a task to its end; its result, or what it threw.
  template <class T>
  T await(Task<T> task) {
    std::optional<std::conditional_t<std::is_void_v<T>, bool, T>> result;
    std::exception_ptr error;
    bool finished = false;
    runtime().spawn(keep(std::move(task), result, error, finished));
    run_until(finished);
    if (error) std::rethrow_exception(error);
    if constexpr (!std::is_void_v<T>) return std::move(*result);
  }
  /// Starts a task; the next await() runs it too.
  template <class T>
  void start(Task<T> task, std::optional<T>& result) {
    runtime().spawn(keep_started(std::move(task), result));
  }
  /// Until `flag` is set by a coroutine.
  void run_until(const bool& flag);
  /// Runs what goes on in the background until `come_true()` is.
  template <class Condition>
  void eventually(Condition come_true) {
    for (int i = 0; i < 2000 && !come_true(); ++i) pass(std::chrono::milliseconds(5));
    EXPECT_TRUE(come_true());
  }
  /// Lets time pass.
  void pass(Duration time);
  /// The number a query on the database gives, past the store.
  std::int64_t ask(const std::string& sql);

  Runtime& runtime() { return threads_ ? static_cast<Runtime&>(*threads_) : *sim_; }
  Store& store() { return *store_; }
  Queue& queue() { return *store_; }
  StsPolicyStore& policies() { return *store_; }

  /// Closes the store and opens it again, as after a restart.
  void reopen();

  AccountId add_user(const std::string& address);
  AccountId alice() const { return alice_; }
  AccountId bob() const { return bob_; }
  MailboxId inbox(AccountId account) { return mailbox(account, "INBOX"); }
  MailboxId mailbox(AccountId account, const std::string& name);

  MailboxStatus status(AccountId account, const std::string& name = "INBOX");
  /// Delivers a message; how many got it.
  std::size_t deliver(const std::vector<AccountId>& accounts, const std::string& message);
  Appended append(MailboxId mailbox, const std::string& message, std::uint64_t flags = 0);
  /// Appends `count` messages, "message 1" and so on.
  void fill(MailboxId mailbox, int count);
  std::vector<MessageRow> rows(MailboxId mailbox, const UidSet& uids = UidSet(1, ~Uid{0}),
                               std::uint32_t want = Want::flags);
  std::string content(const MessageRow& row);
  /// All bytes of all messages of a mailbox, by UID.
  std::vector<std::string> contents(MailboxId mailbox);
  FlagsStored flag(MailboxId mailbox, const UidSet& uids, FlagChange::How how, std::uint64_t flags,
                   std::optional<ModSeq> unchanged_since = {});

  /// What the store is opened with.
  SqliteOptions options;
  TemporaryFolder folder;
  std::filesystem::path file() const { return folder.path() / "postroom.db"; }

 private:
  template <class T>
  static Task<> keep(Task<T> task, std::optional<T>& result, std::exception_ptr& error, bool& finished) {
    try {
      result = co_await std::move(task);
    } catch (...) {
      error = std::current_exception();
    }
    finished = true;
  }
  static Task<> keep(Task<> task, std::optional<bool>&, std::exception_ptr& error, bool& finished) {
    try {
      co_await std::move(task);
    } catch (...) {
      error = std::current_exception();
    }
    finished = true;
  }
  template <class T>
  static Task<> keep_started(Task<T> task, std::optional<T>& result) {
    result = co_await std::move(task);
  }

  std::unique_ptr<SimRuntime> sim_;
  std::unique_ptr<ThreadRuntime> threads_;
  std::unique_ptr<SqliteStore> store_;
  AccountId alice_{}, bob_{};
};

/// UIDs of rows, of a set; for comparing.
std::vector<Uid> uids_of(const std::vector<MessageRow>& rows);
std::vector<Uid> uids_of(const UidSet& uids);
UidSet set_of(const std::vector<Uid>& uids);

#define POSTROOM_CONTRACT(Suite)                                                                 \
  INSTANTIATE_TEST_SUITE_P(Sqlite, Suite,                                                        \
                           ::testing::Values(Mode{"InOrder", 0, false}, Mode{"Seed1", 1, false}, \
                                             Mode{"Seed2", 2, false}, Mode{"Threads", 0, true}), \
                           [](const auto& mode) { return std::string(mode.param.name); })

}  // namespace postroom::testing
