// Snapshots: mailboxes as sessions find them. The UIDs of those that were selected are remembered, so that
// the next SELECT reads what changed since, not every message.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "storage/sqlite/connection.h"
#include "storage/types.h"

namespace postroom::sqlite {

class Snapshots {
 public:
  /// As Store::open(), but claims nothing. From any thread.
  std::optional<MailboxSnapshot> take(Connection& db, AccountId account, std::string_view name);

 private:
  /// A mailbox at one modseq.
  struct Picture {
    ModSeq modseq = 0;
    UidSet uids;
    Uid all_seen_below = 1;
  };
  using Shared = std::shared_ptr<const Picture>;

  static Picture look(Connection& db, const MailboxStatus& status);
  static bool look_again(Connection& db, MailboxId mailbox, ModSeq until, Picture& picture);
  static void find_unseen(Connection& db, MailboxSnapshot& snapshot, Picture& picture);
  Shared find(MailboxId mailbox);
  void remember(MailboxId mailbox, Picture picture);

  // Bounds what is remembered: some 16 bytes a run, and 200 a mailbox.
  static constexpr std::size_t kMostRuns = 250'000;
  static constexpr std::size_t kMostMailboxes = 10'000;

  struct Remembered {
    MailboxId mailbox;
    Shared picture;
  };
  std::mutex mutex_;
  std::list<Remembered> latest_;  // the one used last comes first
  std::unordered_map<MailboxId, std::list<Remembered>::iterator> by_mailbox_;
  std::size_t runs_ = 0;
};

}  // namespace postroom::sqlite
