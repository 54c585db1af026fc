// Making and deleting entries of the text index.
#include "storage/sqlite/text_index.h"

namespace postroom::sqlite {

namespace {

// Some: what is read at once.
constexpr std::size_t kEntries = 64;
constexpr std::size_t kParts = 256 << 10;

/// Pages of the index that one transaction merges: about 5 ms.
constexpr Sql kMerge = "INSERT INTO text_index(text_index, rank) VALUES('merge', 64)";
/// The same, and from now on all levels into one.
constexpr Sql kMergeAll = "INSERT INTO text_index(text_index, rank) VALUES('merge', -64)";
// What was deleted is still in the file until its level is merged.
constexpr std::int64_t kFewDeleted = 64;
constexpr std::int64_t kDeletedPart = 8;

constexpr std::int64_t kFewDead = 1000;
constexpr std::int64_t kDeadPart = 4;

// In unindexed.
constexpr int kNever = 0, kLater = 1, kRemoved = 2;

void read(Query& rows, std::vector<Indexing>& all, Indexing::Act act) {
  std::size_t bytes = 0;
  while (all.size() < kEntries && bytes < kParts && rows.step()) {
    Indexing& one = all.emplace_back();
    one.content = rows.as<ContentId>(0);
    one.parts = rows.text(1);
    one.act = act;
    bytes += one.parts.size();
  }
}

void read_new(Connection& db, ContentId upto, std::vector<Indexing>& all) {
  Query rows(db,
             "SELECT id, parts, EXISTS(SELECT 1 FROM staged s WHERE s.content = c.id)"
             " OR EXISTS(SELECT 1 FROM unindexed u WHERE u.content = c.id)"
             " FROM content c WHERE id > ? ORDER BY id",
             upto);
  std::size_t bytes = 0;
  while (all.size() < kEntries && bytes < kParts && rows.step()) {
    Indexing& one = all.emplace_back();
    one.content = rows.as<ContentId>(0);
    if (rows.integer(2) != 0) {
      one.act = Indexing::Act::wait;
      continue;
    }
    one.parts = rows.text(1);
    bytes += one.parts.size();
  }
}

bool is_unindexed(Connection& db, ContentId content) {
  return lookup(db, "SELECT 1 FROM unindexed WHERE content = ?", content).has_value();
}

void set_unindexed(Connection& db, ContentId content, int later) {
  execute(db, "INSERT OR REPLACE INTO unindexed(content, later) VALUES(?, ?)", content, later);
}

void give_to_garbage(Connection& db, ContentId content) {
  set_unindexed(db, content, kRemoved);
  execute(db, "INSERT INTO garbage(at, mailbox, uid, content) VALUES(0, 0, 0, ?)", content);
}

void write_new(Connection& db, const Indexing& one, TextIndexState& state) {
  if (one.content > state.upto) {
    state.upto = one.content;
    if (!lookup(db, "SELECT 1 FROM content WHERE id = ?", one.content) || is_unindexed(db, one.content))
      return;
  } else if (execute(db, "DELETE FROM unindexed WHERE content = ? AND later = 1", one.content) == 0) {
    return;
  }
  if (one.act == Indexing::Act::wait) {
    set_unindexed(db, one.content, kLater);
  } else if (!one.terms) {
    set_unindexed(db, one.content, kNever);
  } else {
    execute(db, "INSERT INTO text_index(rowid, terms) VALUES(?, ?)", one.content, *one.terms);
    ++state.entries;
  }
}

/// False: somebody else did.
bool remove(Connection& db, const Indexing& one, TextIndexState& state) {
  if (execute(db, "DELETE FROM unindexing WHERE content = ?", one.content) == 0) return false;
  --state.entries;
  if (one.terms) {
    execute(db, "INSERT INTO text_index(text_index, rowid, terms) VALUES('delete', ?, ?)", one.content,
            *one.terms);
    ++state.deleted;
  } else {
    ++state.dead;
  }
  give_to_garbage(db, one.content);
  return true;
}

}  // namespace

TextIndexState text_index_state(Connection& db) {
  Query row(db, "SELECT version, upto, entries, deleted, dead FROM text_index_state");
  TextIndexState state;
  if (!row.step()) return state;
  state.version = row.text(0);
  state.upto = row.as<ContentId>(1);
  state.entries = row.integer(2);
  state.deleted = row.integer(3);
  state.dead = row.integer(4);
  return state;
}

std::vector<Indexing> next_entries(Connection& db, ContentId upto) {
  std::vector<Indexing> all;
  {
    Query removed(db, "SELECT u.content, c.parts FROM unindexing u JOIN content c ON c.id = u.content");
    read(removed, all, Indexing::Act::remove);
  }
  if (!all.empty()) return all;
  {
    Query later(db,
                "SELECT u.content, c.parts FROM unindexed u JOIN content c ON c.id = u.content"
                " WHERE u.later = 1 AND NOT EXISTS(SELECT 1 FROM staged s WHERE s.content = u.content)");
    read(later, all, Indexing::Act::insert);
  }
  if (all.empty()) read_new(db, upto, all);
  return all;
}

bool write_entries(Connection& db, const std::vector<Indexing>& all, std::size_t& at, Slice& slice) {
  TextIndexState state = text_index_state(db);
  bool removed = false;
  do {
    const Indexing& one = all[at++];
    if (one.act == Indexing::Act::remove)
      removed = remove(db, one, state) || removed;
    else
      write_new(db, one, state);
  } while (slice.take() && at < all.size());
  execute(db, "UPDATE text_index_state SET upto = ?, entries = ?, deleted = ?, dead = ?", state.upto,
          state.entries, state.deleted, state.dead);
  return removed;
}

bool merge_entries(Connection& db) {
  const TextIndexState state = text_index_state(db);
  const std::int64_t before = db.total_changes();
  if (state.deleted > kFewDeleted + state.entries / kDeletedPart) {
    execute(db, kMergeAll);
    execute(db, "UPDATE text_index_state SET deleted = 0");
    return true;
  }
  execute(db, kMerge);
  // As FTS5's documentation says: one row is always changed.
  return db.total_changes() - before >= 2;
}

bool is_stale(const TextIndexState& state, std::string_view version) {
  return state.version != version || state.dead > kFewDead + state.entries / kDeadPart;
}

bool clear_entries(Connection& db, std::string_view version, Slice& slice) {
  // From the first step on nobody uses it.
  if (!text_index_state(db).version.empty()) {
    execute(db, "UPDATE text_index_state SET version = '', upto = 0, entries = 0, deleted = 0, dead = 0");
    execute(db, "DELETE FROM unindexed WHERE later <> 2");
    return true;
  }
  if (take_from_indexer(db, slice)) return true;
  // Ids of pages are above those of FTS5's two records.
  if (execute(db,
              "DELETE FROM text_index_data WHERE id IN"
              " (SELECT id FROM text_index_data WHERE id > 10 LIMIT 200)") > 0)
    return true;
  execute(db, "INSERT INTO text_index(text_index) VALUES('delete-all')");
  execute(db, "UPDATE text_index_state SET version = ?, dead = 0", version);
  return false;
}

void leave_unindexed(Connection& db, ContentId content) { set_unindexed(db, content, kNever); }

bool leave_to_indexer(Connection& db, ContentId content, EntryOf entry) {
  if (!lookup(db, "SELECT 1 FROM text_index_state WHERE upto >= ?", content) || is_unindexed(db, content))
    return false;
  if (entry == EntryOf::indexer) {
    execute(db, "INSERT INTO unindexing(content) VALUES(?)", content);
    return true;
  }
  execute(db, "UPDATE text_index_state SET entries = entries - 1, dead = dead + 1");
  never_index(db, content);
  return false;
}

bool take_from_indexer(Connection& db, Slice& slice) {
  do {
    const auto content = lookup(db, "SELECT content FROM unindexing LIMIT 1");
    if (!content) return false;
    execute(db, "DELETE FROM unindexing WHERE content = ?", *content);
    execute(db, "UPDATE text_index_state SET entries = entries - 1, dead = dead + 1");
    give_to_garbage(db, ContentId{*content});
  } while (slice.take());
  return true;
}

void never_index(Connection& db, ContentId content) { set_unindexed(db, content, kRemoved); }

void forget_unindexed(Connection& db, ContentId content) {
  execute(db, "DELETE FROM unindexed WHERE content = ?", content);
}

}  // namespace postroom::sqlite
