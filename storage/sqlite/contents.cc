// The tables content, chunk, shared, staged and garbage.
#include "storage/sqlite/contents.h"

#include <algorithm>
#include <cassert>

namespace postroom::sqlite {

namespace {

constexpr int kChunkBits = 20;

std::int64_t chunk_id(ContentId content, std::uint64_t number) {
  return (static_cast<std::int64_t>(content) << kChunkBits) | static_cast<std::int64_t>(number);
}

void write_chunks(Connection& db, ContentId content, std::uint64_t number, std::string_view bytes) {
  while (!bytes.empty()) {
    if (number >> kChunkBits != 0) throw StoreFault("a message has too many chunks");
    execute(db, "INSERT INTO chunk(id, data) VALUES(?, ?)", chunk_id(content, number++),
            Blob{bytes.substr(0, kChunk)});
    bytes.remove_prefix(std::min(bytes.size(), kChunk));
  }
}

ContentId add_content(Connection& db, const MessageFacts& facts) {
  Query added(db,
              "INSERT INTO content(envelope, body, parts, body_structure, preview, sort_keys)"
              " VALUES(?, ?, ?, ?, ?, ?) RETURNING id",
              Blob{facts.envelope}, Blob{facts.body}, Blob{facts.parts}, Blob{facts.body_structure},
              Blob{facts.preview}, Blob{facts.sort_keys});
  added.step();
  return added.as<ContentId>(0);
}

/// Takes off one reference of several. False: it is the only one.
bool unshare(Connection& db, ContentId content) {
  const auto refs = lookup(db, "SELECT refs FROM shared WHERE content = ?", content);
  if (!refs) return false;
  if (*refs > 2)
    execute(db, "UPDATE shared SET refs = refs - 1 WHERE content = ?", content);
  else
    execute(db, "DELETE FROM shared WHERE content = ?", content);
  return true;
}

/// A content that nobody refers to goes, chunk by chunk. False: there is more to do.
bool remove(Connection& db, ContentId content, Slice& slice) {
  // A few at a time; each frees up to 17 pages.
  constexpr std::uint64_t kAtOnce = 4;
  for (;;) {
    const auto first = lookup(db, "SELECT min(id) FROM chunk WHERE id BETWEEN ? AND ?", chunk_id(content, 0),
                              chunk_id(content, (1 << kChunkBits) - 1));
    if (!first || *first == 0) break;
    execute(db, "DELETE FROM chunk WHERE id BETWEEN ? AND ?", *first,
            std::min(*first | ((1 << kChunkBits) - 1), *first + static_cast<std::int64_t>(kAtOnce) - 1));
    if (slice.take(kAtOnce)) continue;
    never_index(db, content);
    return false;
  }
  execute(db, "DELETE FROM content WHERE id = ?", content);
  forget_unindexed(db, content);
  return true;
}

}  // namespace

std::uint64_t staged_size(Connection& db, ContentId content) {
  const auto size = lookup(db, "SELECT size FROM staged WHERE content = ?", content);
  if (!size) throw StoreFault("staged content is gone");
  return static_cast<std::uint64_t>(*size);
}

ContentId stage(Connection& db, std::optional<ContentId> content, std::string_view bytes) {
  assert(bytes.size() % kChunk == 0 && "only a whole number of chunks can be followed by more");
  ContentId id{};
  if (content) {
    id = *content;
  } else {
    id = add_content(db, MessageFacts());
    execute(db, "INSERT INTO staged(content, size) VALUES(?, 0)", id);
  }
  const std::uint64_t before = staged_size(db, id);
  write_chunks(db, id, before / kChunk, bytes);
  execute(db, "UPDATE staged SET size = ? WHERE content = ?", before + bytes.size(), id);
  return id;
}

ContentId keep(Connection& db, std::optional<ContentId> staged, std::string_view rest,
               const MessageFacts& facts) {
  if (!staged) {
    const ContentId id = add_content(db, facts);
    write_chunks(db, id, 0, rest);
    return id;
  }
  const std::uint64_t before = staged_size(db, *staged);
  execute(db, "DELETE FROM staged WHERE content = ?", *staged);
  execute(
      db,
      "UPDATE content SET envelope = ?, body = ?, parts = ?, body_structure = ?, preview = ?, sort_keys = ?"
      " WHERE id = ?",
      Blob{facts.envelope}, Blob{facts.body}, Blob{facts.parts}, Blob{facts.body_structure},
      Blob{facts.preview}, Blob{facts.sort_keys}, *staged);
  write_chunks(db, *staged, before / kChunk, rest);
  return *staged;
}

ContentId settle(Connection& db, std::optional<ContentId> staged, std::string_view rest,
                 const MessageFacts& facts) {
  const std::uint64_t before = staged ? staged_size(db, *staged) : 0;
  const ContentId id = keep(db, staged, rest, facts);
  execute(db, "INSERT INTO staged(content, size) VALUES(?, ?)", id, before + rest.size());
  return id;
}

void adopt(Connection& db, ContentId settled) {
  if (execute(db, "DELETE FROM staged WHERE content = ?", settled) == 0)
    throw StoreFault("staged content is gone");
}

void add_facts(Connection& db, const LateFacts& late) {
  execute(db, "UPDATE content SET preview = ?, sort_keys = ? WHERE id = ? AND sort_keys IS NULL",
          Blob{late.facts.preview}, Blob{late.facts.sort_keys}, late.content);
}

void share(Connection& db, ContentId content, std::size_t more) {
  if (more == 0) return;
  execute(db,
          "INSERT INTO shared(content, refs) VALUES(?1, 1 + ?2) ON CONFLICT(content) DO UPDATE SET refs = "
          "refs + ?2",
          content, more);
}

ContentReader::ContentReader(Connection& db) : chunks_(db, "chunk", "data") {}

std::string ContentReader::read(const ContentRange& range) {
  std::string bytes;
  std::uint64_t number = range.offset / kChunk;
  std::size_t skip = range.offset % kChunk;
  while (bytes.size() < range.length && number >> kChunkBits == 0) {
    const std::size_t before = bytes.size();
    const std::size_t wanted = std::min(range.length - before, kChunk - skip);
    // A gap at the beginning: the message is being removed.
    if (!chunks_.read(chunk_id(range.content, number), skip, wanted, bytes)) break;
    if (bytes.size() - before < wanted) break;
    ++number;
    skip = 0;
  }
  return bytes;
}

std::vector<std::string> ContentReader::read_each(const std::vector<ContentRange>& ranges) {
  std::vector<std::string> all;
  for (const ContentRange& range : ranges) all.push_back(read(range));
  return all;
}

bool drop_staged(Connection& db, ContentId content) {
  if (execute(db, "DELETE FROM staged WHERE content = ?", content) == 0) return false;
  execute(db, "INSERT INTO garbage(at, mailbox, uid, content) VALUES(0, 0, 0, ?)", content);
  return true;
}

void drop_all_staged(Connection& db) {
  execute(db, "INSERT INTO garbage(at, mailbox, uid, content) SELECT 0, 0, 0, content FROM staged");
  execute(db, "DELETE FROM staged");
}

Collected collect_garbage(Connection& db, std::int64_t until, EntryOf entry, Slice& slice) {
  Collected collected;
  do {
    std::int64_t at = 0, mailbox = 0, uid = 0;
    ContentId content{};
    {
      Query oldest(
          db, "SELECT at, mailbox, uid, content FROM garbage WHERE at <= ? ORDER BY at, mailbox, uid LIMIT 1",
          until);
      if (!oldest.step()) return collected;
      at = oldest.integer(0);
      mailbox = oldest.integer(1);
      uid = oldest.integer(2);
      content = oldest.as<ContentId>(3);
    }
    if (!unshare(db, content)) {
      const bool left = leave_to_indexer(db, content, entry);
      collected.entry |= left;
      collected.more = !left && !remove(db, content, slice);
      if (collected.more) return collected;
    }
    execute(db, "DELETE FROM garbage WHERE at = ? AND mailbox = ? AND uid = ? AND content = ?", at, mailbox,
            uid, content);
  } while (slice.take());
  collected.more = true;
  return collected;
}

std::optional<std::int64_t> oldest_garbage(Connection& db) {
  return lookup(db, "SELECT at FROM garbage ORDER BY at LIMIT 1");
}

}  // namespace postroom::sqlite
