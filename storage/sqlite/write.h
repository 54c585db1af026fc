// What a change to the database is made with.
#pragma once

#include <algorithm>
#include <vector>

#include "storage/sqlite/connection.h"

namespace postroom::sqlite {

/// What the sessions are told once the transaction is durable.
struct Change {
  Change() = default;
  MailboxId mailbox{};
  ModSeq modseq = 0;
  bool gone = false;
};

/// One request's part of a write transaction.
class Write {
 public:
  Write(Connection& connection, std::vector<Change>& changes) : db(connection), changes_(changes) {}

  void changed(MailboxId mailbox, ModSeq modseq) { add(mailbox, modseq, false); }
  void gone(MailboxId mailbox) { add(mailbox, 0, true); }

  Connection& db;

 private:
  void add(MailboxId mailbox, ModSeq modseq, bool is_gone) {
    Change change;
    change.mailbox = mailbox;
    change.modseq = modseq;
    change.gone = is_gone;
    changes_.push_back(change);
  }
  std::vector<Change>& changes_;
};

/// How much of a large change goes into one transaction, so that others get their turn.
struct SliceLimit {
  std::size_t rows = 500;
  std::chrono::milliseconds time{8};
};

/// Counts what one transaction does against its limit.
class Slice {
 public:
  explicit Slice(const SliceLimit& limit) : limit_(limit), begun_(std::chrono::steady_clock::now()) {}

  /// Counts `rows`; false: enough for this transaction.
  bool take(std::size_t rows = 1) {
    taken_ += rows;
    return taken_ < limit_.rows && !late();
  }
  bool late() const { return took() >= limit_.time; }
  /// So little of the time is over that twice as much work is none too much.
  bool early() const { return took() < limit_.time / 4; }

 private:
  std::chrono::steady_clock::duration took() const { return std::chrono::steady_clock::now() - begun_; }

  const SliceLimit limit_;
  const std::chrono::steady_clock::time_point begun_;
  std::size_t taken_ = 0;
};

/// The slices of one large change. What a row costs depends on the disk and the table: it begins with a few,
/// and more or fewer go into the next transaction by how long one took.
class Slices {
 public:
  explicit Slices(const SliceLimit& most) : most_(most), now_(most) {
    now_.rows = std::min(now_.rows, kFirstRows);
  }

  Slice begin() const { return Slice(now_); }
  void end(const Slice& slice) {
    if (slice.late()) now_.rows = std::max<std::size_t>(now_.rows / 2, 1);
    if (slice.early()) now_.rows = std::min(now_.rows * 2, most_.rows);
  }

 private:
  static constexpr std::size_t kFirstRows = 500;

  const SliceLimit most_;
  SliceLimit now_;
};

}  // namespace postroom::sqlite
