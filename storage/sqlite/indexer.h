// Indexer: keeps the text index in the background, in short transactions that give way: entries of messages
// that came, and away with those of messages that go.
//
// What makes an entry is read and found out beside the writer, which only writes it down. A transaction that
// makes entries says how far they go: after a crash the index goes on from there.
#pragma once

#include "storage/sqlite/collector.h"
#include "storage/sqlite/index_search.h"

namespace postroom::sqlite {

class Indexer {
 public:
  /// New messages wait for `gather`, so that those that come together are indexed together.
  Indexer(Runtime& runtime, Writer& writer, Readers& readers, Collector& collector, const SliceLimit& limit,
          const TermExtractor& extractor, std::chrono::seconds gather);
  Indexer(const Indexer&) = delete;
  Indexer& operator=(const Indexer&) = delete;

  /// There may be something to do.
  void wake();

  /// As Store::candidates(). An index that cannot be read rules nothing out.
  Task<UidSet> candidates(MailboxId mailbox, UidSet uids, TermQuery query);

  /// Stops after the present transaction; what is left is done after the next start.
  Task<> finish();

 private:
  /// What is to be done next.
  struct Next {
    Next() = default;
    bool stale = false;
    std::vector<Indexing> entries;
  };
  /// Entries whose terms are being found out.
  struct Finding {
    Finding() = default;
    std::vector<std::unique_ptr<TermFinder>> finders;  // null: none, or no longer
    std::vector<std::size_t> readers;                  // indexes of those that get the next bytes
  };

  Task<> run();
  Task<> work_through();
  /// The same, its fault logged; false: there was one.
  Task<bool> work();
  Task<> clear();
  Task<> find_terms(std::vector<Indexing>& entries);
  Task<> write(const std::vector<Indexing>& entries);
  Task<> merge();
  Task<> give_way();
  Task<> pause(Duration time);

  Runtime& runtime_;
  Writer& writer_;
  Readers& readers_;
  Collector& collector_;
  const SliceLimit limit_;
  const TermExtractor& extractor_;
  const std::string version_;
  const std::chrono::seconds gather_;
  std::uint64_t requests_seen_ = 0;  // of the writer
  bool running_ = false;
  bool wanted_ = false;  // wake() was called since the last look
  bool failed_ = false;  // and it was logged
  bool stopping_ = false;
  Signal news_;
  Signal ended_;
};

}  // namespace postroom::sqlite
