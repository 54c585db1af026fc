// SqliteStore: what changes messages.
#include <algorithm>

#include "storage/sqlite/contents.h"
#include "storage/sqlite/edits.h"
#include "storage/sqlite/messages.h"
#include "storage/sqlite/store_implementation.h"

namespace postroom::sqlite {

namespace {

/// Bytes a message's rows take, about, beside its own and its facts'.
constexpr std::size_t kRows = 1024;
/// A change to more messages or mailboxes than this has a transaction of its own.
constexpr std::size_t kFew = 64;

Writer::Kind kind_of(const UidSet& uids) {
  return uids.size() > kFew ? Writer::Kind::slice : Writer::Kind::small;
}

/// \Deleted is the first step of removing.
Writer::Room room_for(const FlagChange& change) {
  const bool marks = change.how != FlagChange::How::remove && (change.flags.bits & Flags::deleted) != 0;
  return marks ? Writer::Room::makes : Writer::Room::takes;
}

std::size_t weight(Spool& spool, const MessageFacts& facts, std::size_t mailboxes) {
  return spool.held().size() + facts.size() + mailboxes * kRows;
}

std::size_t rows_of(const std::vector<AccountId>& accounts, const std::vector<Outgoing>& outgoing) {
  std::size_t rows = accounts.size();
  for (const Outgoing& one : outgoing) rows += one.recipients.size();
  return rows;
}

bool goes_out(const Delivery& delivery) {
  return !delivery.outgoing.empty() ||
         std::ranges::any_of(delivery.copies, [](const auto& copy) { return !copy.outgoing.empty(); });
}

/// What nobody got is left to be dropped with its spool.
void forget_spools(const Delivery& delivery, const Delivered& delivered, Spool& spool) {
  if (delivered.accounts > 0 || !delivery.outgoing.empty()) spool.delivered();
  for (const Delivery::Copy& copy : delivery.copies)
    if (!copy.accounts.empty() || !copy.outgoing.empty()) copy.spool->delivered();
}

/// What one slice of a large change gave.
template <class Result>
struct Part {
  Part() = default;
  Result result;
  Progress progress;
};

}  // namespace

Task<Delivered> StoreImplementation::deliver(Delivery delivery, Spool& spool, MessageFacts facts,
                                             TimePoint deadline) {
  if (keep_trace_.count() == 0) delivery.origin.reset();
  std::vector<AccountId>& accounts = delivery.accounts;
  std::sort(accounts.begin(), accounts.end());
  accounts.erase(std::unique(accounts.begin(), accounts.end()), accounts.end());
  std::size_t rows = rows_of(accounts, delivery.outgoing);
  std::size_t bytes = weight(spool, facts, rows);
  for (const Delivery::Copy& copy : delivery.copies) {
    const std::size_t more = rows_of(copy.accounts, copy.outgoing);
    bytes += weight(*copy.spool, copy.facts, more);
    rows += more;
  }
  const bool room = co_await writer_.wait_for_room(bytes, deadline);
  Delivered delivered;
  delivered.outcome = Delivered::Outcome::busy;
  if (!room) co_return delivered;
  const WallTime now = runtime_.wall_now();
  const QuotaLimits defaults = default_quota_;
  auto job = [&](Write& write) {
    return sqlite::deliver(write, delivery, spool.staged(), spool.held(), facts, now, defaults);
  };
  const auto kind = rows > kFew ? Writer::Kind::slice : Writer::Kind::small;
  delivered = co_await writer_.run(bytes, kind, job);
  if (delivered.outcome == Delivered::Outcome::yes) forget_spools(delivery, delivered, spool);
  added();
  if (goes_out(delivery)) queued_();
  if (delivery.in_place_of) collector_.wake();
  co_return delivered;
}

Task<std::optional<Appended>> StoreImplementation::append_all(MailboxId mailbox,
                                                              std::vector<NewMessage> messages) {
  std::size_t bytes = 0;
  for (const NewMessage& message : messages) bytes += weight(*message.spool, message.facts, 1);
  const WallTime now = runtime_.wall_now();
  const QuotaLimits defaults = default_quota_;
  auto job = [&](Write& write) { return sqlite::append_all(write, mailbox, messages, now, defaults); };
  const auto kind = messages.size() > kFew ? Writer::Kind::slice : Writer::Kind::small;
  const std::optional<Appended> appended = co_await writer_.run(bytes, kind, job);
  if (!appended || appended->over_quota) co_return appended;
  for (const NewMessage& message : messages) message.spool->delivered();
  added();
  co_return appended;
}

void StoreImplementation::go_on() const {
  if (stopped_) throw StoreFault("stopped in the middle of a large change");
}

Task<FlagsStored> StoreImplementation::store_flags(MailboxId mailbox, UidSet uids, FlagChange change) {
  FlagsStored all;
  Slices slices(limit_);
  while (!uids.empty()) {
    auto job = [&](Write& write) {
      Part<FlagsStored> part;
      Slice slice = slices.begin();
      part.progress = sqlite::store_flags(write, mailbox, uids, change, slice, part.result);
      slices.end(slice);
      return part;
    };
    const Part<FlagsStored> part = co_await writer_.run(kRows, kind_of(uids), job, room_for(change));
    all.now.insert(all.now.end(), part.result.now.begin(), part.result.now.end());
    all.refused.add(part.result.refused);
    all.modseq = std::max(all.modseq, part.result.modseq);
    if (part.result.modseq > 0) ++all.pieces;
    if (part.progress.done) break;
    go_on();
    uids = uids.after(part.progress.last);
  }
  co_return all;
}

struct StoreImplementation::Transfers {
  Progress (*slice)(Write&, MailboxId, const UidSet&, MailboxId, WallTime, Slice&, const QuotaLimits&,
                    Copied&);
};

// False: the target is gone, or there is no room for all. `all` is what was done, also when it throws.
Task<bool> StoreImplementation::transfer(MailboxId from, UidSet uids, MailboxId to, const Transfers& how,
                                         Copied& all) {
  Slices slices(limit_);
  const WallTime now = runtime_.wall_now();
  const QuotaLimits defaults = default_quota_;
  // Copies into the same mailbox are not copied again.
  Uid end = 0;
  while (true) {
    auto job = [&](Write& write) {
      std::optional<Part<Copied>> part;
      if (!exists(write.db, to)) return part;
      part.emplace();
      part->result.uid_validity = uid_validity(write.db, to);
      if (end == 0) end = uid_next(write.db, from);
      const UidSet some = uids.intersect(UidSet(1, end - 1));
      Slice slice = slices.begin();
      part->progress = how.slice(write, from, some, to, now, slice, defaults, part->result);
      slices.end(slice);
      return part;
    };
    const std::optional<Part<Copied>> part = co_await writer_.run(kRows, kind_of(uids), job);
    if (!part) co_return false;
    all.over_quota = part->result.over_quota;
    if (all.over_quota) co_return false;
    all.uid_validity = part->result.uid_validity;
    all.from.insert(all.from.end(), part->result.from.begin(), part->result.from.end());
    all.to.insert(all.to.end(), part->result.to.begin(), part->result.to.end());
    if (part->progress.done) co_return true;
    go_on();
    uids = uids.after(part->progress.last);
  }
}

// RFC 3501 6.4.7: a COPY that fails leaves the target as it was.
Task<std::optional<Copied>> StoreImplementation::copy(MailboxId from, UidSet uids, MailboxId to) {
  static constexpr Transfers kCopy{&sqlite::copy};
  Copied all;
  bool whole = false;
  std::exception_ptr error;
  try {
    whole = co_await transfer(from, uids, to, kCopy, all);
  } catch (const StoreFault&) {
    error = std::current_exception();
  }
  if (whole) co_return all;
  UidSet copies;
  for (const Uid uid : all.to) copies.add(uid);
  co_await remove(to, copies, false, true);
  if (error) std::rethrow_exception(error);
  if (!all.over_quota) co_return std::nullopt;
  Copied refused;
  refused.over_quota = true;
  co_return refused;
}

Task<std::optional<Copied>> StoreImplementation::move(MailboxId from, UidSet uids, MailboxId to) {
  static constexpr Transfers kMove{&sqlite::move};
  Copied all;
  const bool whole = co_await transfer(from, uids, to, kMove, all);
  if (!whole && all.to.empty()) co_return std::nullopt;
  all.whole = whole;
  co_return all;
}

Task<Expunged> StoreImplementation::expunge(MailboxId mailbox, UidSet uids, bool deleted_only) {
  co_return co_await remove(mailbox, std::move(uids), deleted_only, false);
}

Task<Expunged> StoreImplementation::remove(MailboxId mailbox, UidSet uids, bool deleted_only, bool whole) {
  Expunged all;
  if (deleted_only) {
    // A mailbox is read whole only beside the writer.
    auto find = [&](Connection& db) { return deleted_among(db, mailbox, uids); };
    uids = co_await readers_.run(find);
  }
  Slices slices(limit_);
  const WallTime now = runtime_.wall_now();
  while (!uids.empty()) {
    auto job = [&](Write& write) {
      Part<Expunged> part;
      Slice slice = slices.begin();
      part.progress = sqlite::expunge(write, mailbox, uids, deleted_only, now, slice, part.result);
      slices.end(slice);
      return part;
    };
    const Part<Expunged> part = co_await writer_.run(kRows, kind_of(uids), job, Writer::Room::makes);
    all.uids.add(part.result.uids);
    all.modseq = std::max(all.modseq, part.result.modseq);
    if (part.progress.done) break;
    if (!whole) go_on();
    uids = uids.after(part.progress.last);
  }
  if (!all.uids.empty()) collector_.wake();
  co_return all;
}

Task<Replaced> StoreImplementation::replace(MailboxId from, Uid uid, MailboxId to, NewMessage message) {
  const std::size_t bytes = weight(*message.spool, message.facts, 1);
  const WallTime now = runtime_.wall_now();
  std::vector<NewMessage> one;
  one.push_back(std::move(message));
  const QuotaLimits defaults = default_quota_;
  auto job = [&](Write& write) { return sqlite::replace(write, from, uid, to, one, now, defaults); };
  const Replaced replaced = co_await writer_.run(bytes, Writer::Kind::small, job);
  if (replaced.outcome != Replaced::Outcome::yes) co_return replaced;
  one.front().spool->delivered();
  collector_.wake();
  co_return replaced;
}

Task<ContentId> StoreImplementation::stage(std::optional<ContentId> content, std::string& held) {
  static_assert(Spool::kPiece == kChunk);
  const std::size_t whole = held.size() - held.size() % kChunk;
  const std::string_view pieces = std::string_view(held).substr(0, whole);
  auto job = [&](Write& write) { return sqlite::stage(write.db, content, pieces); };
  const ContentId id = co_await writer_.run(whole, Writer::Kind::slice, job);
  held.erase(0, whole);
  co_return id;
}

Task<> StoreImplementation::settle(Spool& spool, MessageFacts facts) {
  auto job = [&](Write& write) { return sqlite::settle(write.db, spool.staged(), spool.held(), facts); };
  const std::size_t bytes = weight(spool, facts, 1);
  const ContentId content = co_await writer_.run(bytes, Writer::Kind::small, job);
  spool.settled(content);
}

Task<> StoreImplementation::add_facts(std::vector<LateFacts> late) {
  std::size_t bytes = 0;
  for (const LateFacts& one : late) bytes += one.facts.size();
  auto job = [&](Write& write) {
    for (const LateFacts& one : late) sqlite::add_facts(write.db, one);
  };
  const auto kind = late.size() > kFew ? Writer::Kind::slice : Writer::Kind::small;
  co_await writer_.run(bytes, kind, job);
}

void StoreImplementation::abandon(ContentId content) noexcept { collector_.drop(content); }

}  // namespace postroom::sqlite
