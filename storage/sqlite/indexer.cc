// The background indexing.
#include "storage/sqlite/indexer.h"

#include <algorithm>

#include "base/log.h"
#include "storage/sqlite/contents.h"

namespace postroom::sqlite {

namespace {

/// Text that one job looks at: some milliseconds.
constexpr std::uint64_t kBytes = 256 << 10;
/// What is read of a message at once.
constexpr std::uint64_t kPiece = 128 << 10;
/// While others write, one transaction in so much time.
constexpr std::chrono::milliseconds kGiveWay{100};
/// After a fault: perhaps there is room by then.
constexpr std::chrono::seconds kTryAgain{60};

std::vector<ContentRange> wanted_ranges(const std::vector<Indexing>& entries,
                                        const std::vector<std::unique_ptr<TermFinder>>& finders,
                                        std::vector<std::size_t>& readers) {
  std::vector<ContentRange> ranges;
  std::uint64_t bytes = 0;
  readers.clear();
  for (std::size_t i = 0; i < finders.size() && bytes < kBytes; ++i) {
    if (!finders[i]) continue;
    const auto wanted = finders[i]->wanted();
    if (!wanted) continue;
    const std::uint64_t size = std::min(wanted->size, kPiece);
    ranges.push_back({entries[i].content, wanted->offset, size});
    readers.push_back(i);
    bytes += size;
  }
  return ranges;
}

}  // namespace

Indexer::Indexer(Runtime& runtime, Writer& writer, Readers& readers, Collector& collector,
                 const SliceLimit& limit, const TermExtractor& extractor, std::chrono::seconds gather)
    : runtime_(runtime),
      writer_(writer),
      readers_(readers),
      collector_(collector),
      limit_(limit),
      extractor_(extractor),
      version_(extractor.version()),
      gather_(gather),
      news_(runtime),
      ended_(runtime) {}

void Indexer::wake() {
  if (stopping_) return;
  wanted_ = true;
  if (running_) return;
  runtime_.spawn(run());
}

Task<UidSet> Indexer::candidates(MailboxId mailbox, UidSet uids, TermQuery query) {
  try {
    co_return co_await sqlite::candidates(readers_, mailbox, uids, std::move(query), version_);
  } catch (const StoreFault& fault) {
    log::warning("storage.index_unreadable", {{"cause", fault.what()}});
  }
  co_return uids;
}

Task<> Indexer::pause(Duration time) {
  const TimePoint until = runtime_.now() + time;
  while (!stopping_ && runtime_.now() < until) co_await news_.wait(until);
}

/// Whoever waits for the writer comes first.
Task<> Indexer::give_way() {
  const bool busy = writer_.requests() != requests_seen_;
  requests_seen_ = writer_.requests();
  if (busy) {
    co_await pause(kGiveWay);
  }
}

Task<> Indexer::clear() {
  auto job = [&](Write& write) {
    Slice slice(limit_);
    return clear_entries(write.db, version_, slice);
  };
  bool more = true;
  while (more && !stopping_) {
    more = co_await writer_.run(0, Writer::Kind::slice, job, Writer::Room::makes);
  }
  collector_.wake();
}

/// Reads what the finders want and feeds them, some of all in turn.
Task<> Indexer::find_terms(std::vector<Indexing>& entries) {
  Finding finding;
  finding.finders.resize(entries.size());
  auto begin = [&] {
    for (std::size_t i = 0; i < entries.size(); ++i)
      if (entries[i].act != Indexing::Act::wait) finding.finders[i] = extractor_.begin(entries[i].parts);
  };
  co_await perform(runtime_, Lane::compute, begin);
  while (!stopping_) {
    const std::vector<ContentRange> ranges = wanted_ranges(entries, finding.finders, finding.readers);
    if (ranges.empty()) break;
    auto read_all = [&](Connection& db) { return ContentReader(db).read_each(ranges); };
    const std::vector<std::string> bytes = co_await readers_.run(read_all);
    auto feed = [&] {
      for (std::size_t i = 0; i < bytes.size(); ++i) {
        std::unique_ptr<TermFinder>& finder = finding.finders[finding.readers[i]];
        if (bytes[i].empty())
          finder.reset();  // the content is being removed
        else
          finder->feed(bytes[i]);
      }
    };
    co_await perform(runtime_, Lane::compute, feed);
  }
  auto end = [&] {
    for (std::size_t i = 0; i < entries.size(); ++i)
      if (finding.finders[i]) entries[i].terms = finding.finders[i]->terms();
  };
  co_await perform(runtime_, Lane::compute, end);
}

Task<> Indexer::write(const std::vector<Indexing>& entries) {
  std::size_t at = 0;
  while (at < entries.size() && !stopping_) {
    co_await give_way();
    std::size_t next = at;
    auto job = [&](Write& write) {
      Slice slice(limit_);
      next = at;  // a job may run twice
      return write_entries(write.db, entries, next, slice);
    };
    ++requests_seen_;
    const bool removable = co_await writer_.run(0, Writer::Kind::slice, job);
    at = next;
    if (removable) collector_.wake();
  }
}

Task<> Indexer::merge() {
  auto job = [](Write& write) { return merge_entries(write.db); };
  bool more = true;
  while (more && !stopping_) {
    co_await give_way();
    ++requests_seen_;
    more = co_await writer_.run(0, Writer::Kind::slice, job);
  }
}

Task<> Indexer::work_through() {
  auto look = [&](Connection& db) {
    Transaction transaction(db, Transaction::Kind::read);
    Next next;
    const TextIndexState state = text_index_state(db);
    next.stale = is_stale(state, version_);
    if (!next.stale) next.entries = next_entries(db, state.upto);
    return next;
  };
  while (!stopping_) {
    Next next = co_await readers_.run(look);
    if (next.stale) {
      co_await clear();
      continue;
    }
    if (next.entries.empty()) break;
    co_await find_terms(next.entries);
    co_await write(next.entries);
    co_await merge();
  }
}

Task<bool> Indexer::work() {
  try {
    co_await work_through();
  } catch (const StoreFault& fault) {
    // On a full disk mail goes on, and so does this once there is room.
    if (!failed_) log::warning("storage.indexing_failed", {{"cause", fault.what()}});
    failed_ = true;
    co_return false;
  }
  failed_ = false;
  co_return true;
}

Task<> Indexer::run() {
  running_ = true;
  while (!stopping_ && wanted_) {
    co_await pause(gather_);
    wanted_ = false;
    requests_seen_ = writer_.requests();
    const bool done = co_await work();
    if (done) continue;
    wanted_ = true;
    co_await pause(kTryAgain);
  }
  running_ = false;
  ended_.raise();
}

Task<> Indexer::finish() {
  stopping_ = true;
  news_.raise();
  while (running_) co_await ended_.wait();
}

}  // namespace postroom::sqlite
