// The background removal.
#include "storage/sqlite/collector.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "storage/sqlite/contents.h"
#include "storage/sqlite/edits.h"
#include "storage/sqlite/trace.h"

namespace postroom::sqlite {

namespace {

/// Free pages that are not worth the work: what was removed makes room for what comes.
constexpr std::int64_t kFreePages = 16384;
constexpr std::int64_t kFreePart = 4;
/// After a fault: perhaps there is room by then.
constexpr std::chrono::seconds kTryAgain{5};
/// How often is looked for what has come of age by itself.
constexpr std::chrono::minutes kRound{10};

}  // namespace

Collector::Collector(Runtime& runtime, Writer& writer, Checkpointer& checkpointer, const SliceLimit& limit,
                     std::chrono::seconds keep, EntryOf entry)
    : runtime_(runtime),
      writer_(writer),
      checkpointer_(checkpointer),
      limit_(limit),
      keep_(keep),
      entry_(entry),
      news_(runtime),
      ended_(runtime) {}

void Collector::start() {
  started_ = true;
  wake();
}

void Collector::wake() {
  if (stopping_) return;
  wanted_ = true;
  news_.raise();
  if (running_) return;
  runtime_.spawn(run());
}

void Collector::hurry() {
  hurrying_ = true;
  wake();
}

void Collector::drop(ContentId staged) {
  staged_.push_back(staged);
  wake();
}

Collector::Found Collector::collect_slice(Connection& db, WallTime now,
                                          const std::vector<ContentId>& staged) const {
  Slice slice(limit_);
  for (const ContentId content : staged) drop_staged(db, content);
  Found found;
  const EntryOf entry = hurrying_ ? EntryOf::nobody : entry_;
  found.more = collect_doomed(db, slice) || (entry == EntryOf::nobody && take_from_indexer(db, slice));
  if (!found.more) {
    const WallTime until = now - (hurrying_ ? std::chrono::seconds(0) : keep_);
    const Collected collected = collect_garbage(db, until.time_since_epoch().count(), entry, slice);
    found.more = collected.more;
    found.entries = collected.entry;
  }
  if (!found.more) found.more = expire_trace(db, now - keep_trace_.load());
  if (!found.more) found.more = give_pages_back(db);
  if (!found.more) found.later = oldest_garbage(db);
  return found;
}

/// To the disk, some of the free pages. False: none, or not so many that it matters.
bool Collector::give_pages_back(Connection& db) const {
  const std::int64_t free = db.ask("PRAGMA freelist_count");
  const std::int64_t enough = hurrying_ ? 0 : std::max(kFreePages, db.ask("PRAGMA page_count") / kFreePart);
  if (free <= enough) return false;
  db.run_script("PRAGMA incremental_vacuum(64)");
  return true;
}

Task<Collector::Found> Collector::collect() {
  const WallTime now = runtime_.wall_now();
  // More may come to the end of staged_ meanwhile; the job looks at those that are there now.
  const std::vector<ContentId> staged = staged_;
  auto job = [&](Write& write) { return collect_slice(write.db, now, staged); };
  const Found found = co_await writer_.run(0, Writer::Kind::slice, job, Writer::Room::makes);
  staged_.erase(staged_.begin(), staged_.begin() + static_cast<std::ptrdiff_t>(staged.size()));
  co_return found;
}

Task<> Collector::work_through() {
  while (!stopping_) {
    wanted_ = false;
    const Found found = co_await collect();
    if (found.entries) told_entries_();
    if (found.more || wanted_) continue;
    if (hurrying_.exchange(false)) checkpointer_.begin();
    if (!found.later && !started_) co_return;
    std::chrono::seconds pause = started_ ? kRound : std::chrono::hours(24);
    if (found.later) {
      const auto due = WallTime(std::chrono::seconds(*found.later)) + keep_;
      pause = std::clamp(due - runtime_.wall_now(), std::chrono::seconds(1), pause);
    }
    const TimePoint when = runtime_.now() + pause;
    co_await news_.wait(when);
  }
}

Task<bool> Collector::work() {
  try {
    co_await work_through();
  } catch (const StoreFault& fault) {
    log::warning("storage.collector_failed", {{"cause", fault.what()}});
    co_return false;
  }
  co_return true;
}

Task<> Collector::run() {
  running_ = true;
  while (!stopping_) {
    const bool done = co_await work();
    if (done && !wanted_) break;
    if (done) continue;
    // Whatever is new meanwhile: on a full disk each attempt may be news itself.
    const TimePoint again = runtime_.now() + kTryAgain;
    while (!stopping_ && runtime_.now() < again) co_await news_.wait(again);
  }
  running_ = false;
  ended_.raise();
}

Task<> Collector::finish() {
  stopping_ = true;
  news_.raise();
  while (running_) co_await ended_.wait();
}

}  // namespace postroom::sqlite
