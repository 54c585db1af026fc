// Maildrop: an account's inbox as it was at login, which is what a POP3 session works on (RFC 1939 4 to 6),
// and the exclusive access to it that RFC 1939 4 asks for. Other protocols are not kept out.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_set>
#include <utility>

#include "storage/types.h"

namespace postroom::pop3 {

/// The accounts that a session has locked. One for all sessions of the process, outlives them. Loop thread
/// only.
class MaildropLocks {
 public:
  /// Held as long as the session; gives the maildrop back.
  class Lock {
   public:
    Lock(Lock&& other) noexcept : locks_(std::exchange(other.locks_, nullptr)), account_(other.account_) {}
    Lock& operator=(Lock&&) = delete;
    ~Lock() {
      if (locks_) locks_->held_.erase(account_);
    }

   private:
    friend class MaildropLocks;
    Lock(MaildropLocks& locks, AccountId account) : locks_(&locks), account_(account) {}

    MaildropLocks* locks_;
    AccountId account_;
  };

  /// Nothing when another session has it.
  std::optional<Lock> lock(AccountId account) {
    if (!held_.insert(account).second) return std::nullopt;
    return Lock(*this, account);
  }

 private:
  std::unordered_set<AccountId> held_;
};

/// Messages are numbered from 1 in UID order, and keep their numbers when others are marked as deleted.
class Maildrop {
 public:
  Maildrop(MaildropLocks::Lock lock, const MailboxSnapshot& inbox)
      : lock_(std::move(lock)),
        id_(inbox.status.id),
        uid_validity_(inbox.status.uid_validity),
        all_(inbox.uids),
        octets_(inbox.status.size) {}

  MailboxId id() const { return id_; }
  std::uint32_t uid_validity() const { return uid_validity_; }

  /// Nothing when there is no such message or it is marked as deleted.
  std::optional<Uid> uid(std::uint64_t number) const {
    if (number == 0 || number > all_.size()) return std::nullopt;
    const Uid uid = all_.at(number - 1);
    if (deleted_.contains(uid)) return std::nullopt;
    return uid;
  }
  /// `uid` is one of the maildrop's.
  std::uint64_t number(Uid uid) const { return all_.count_below(uid) + 1; }
  /// Those not marked as deleted.
  UidSet present() const {
    UidSet uids = all_;
    uids.remove(deleted_);
    return uids;
  }
  std::uint64_t count() const { return all_.size() - deleted_.size(); }
  std::uint64_t octets() const { return octets_ - deleted_octets_; }

  const UidSet& deleted() const { return deleted_; }
  void mark_deleted(Uid uid, std::uint64_t octets) {
    deleted_.add(uid);
    deleted_octets_ += octets;
  }
  void unmark_all() {
    deleted_ = UidSet();
    deleted_octets_ = 0;
  }

 private:
  MaildropLocks::Lock lock_;
  MailboxId id_;
  std::uint32_t uid_validity_;
  UidSet all_;
  UidSet deleted_;
  std::uint64_t octets_;
  std::uint64_t deleted_octets_ = 0;
};

}  // namespace postroom::pop3
