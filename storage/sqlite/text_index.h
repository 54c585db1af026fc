// The tables text_index, text_index_state, unindexed and unindexing: which contents have which terms, by
// SQLite's FTS5. Every content is in one of four states: it waits (its id is above `upto`), it is indexed, it
// is in `unindexed`, or in `unindexing`.
#pragma once

#include "storage/sqlite/write.h"

namespace postroom::sqlite {

struct TextIndexState {
  TextIndexState() = default;
  std::string version;
  ContentId upto{};
  std::int64_t entries = 0;
  std::int64_t deleted = 0;
  std::int64_t dead = 0;
};
TextIndexState text_index_state(Connection& db);

/// A content whose entry is to be made, or deleted.
struct Indexing {
  Indexing() = default;
  enum class Act : std::uint8_t {
    insert,
    wait,  ///< it is still coming in, or never indexed
    remove,
  };
  ContentId content{};
  Act act = Act::insert;
  std::string parts;                 ///< MessageFacts::parts
  std::optional<std::string> terms;  ///< found out before write_entries()
};

/// Some of what is to be done next; empty: nothing.
std::vector<Indexing> next_entries(Connection& db, ContentId upto);

/// Does it from `at` on, as far as the slice goes; `at` is behind what was done. True: some contents can be
/// removed now.
bool write_entries(Connection& db, const std::vector<Indexing>& all, std::size_t& at, Slice& slice);

/// Merges levels of the index a little. False: it is as merged as it should be.
bool merge_entries(Connection& db);

/// Is the index of another version, or has too many dead entries?
bool is_stale(const TextIndexState& state, std::string_view version);
/// Empties a stale index, some pages at a time. False: it is empty and begins anew as `version`.
bool clear_entries(Connection& db, std::string_view version, Slice& slice);

/// The content is for the queue only: nobody searches it. It has just been kept, in this transaction.
void leave_unindexed(Connection& db, ContentId content);

// For whoever removes contents.

/// Whose business an entry is when nobody refers to its content any more.
enum class EntryOf : std::uint8_t {
  indexer,  ///< who deletes it before the content is removed
  nobody,   ///< it is left to die: there is no indexer, or no time
};
/// Nobody refers to the content any more. True: it is the indexer's now.
bool leave_to_indexer(Connection& db, ContentId content, EntryOf entry);
/// Takes back from the indexer, to the garbage. False: nothing is left.
bool take_from_indexer(Connection& db, Slice& slice);
/// Its removal has begun, and will take more transactions.
void never_index(Connection& db, ContentId content);
/// It is gone.
void forget_unindexed(Connection& db, ContentId content);

}  // namespace postroom::sqlite
