// Message contents: bytes in chunks, what was computed from them, and how many refer to them.
#pragma once

#include "storage/sqlite/text_index.h"

namespace postroom::sqlite {

/// Bytes of a chunk but the last; as many as of a Spool::kPiece.
inline constexpr std::size_t kChunk = 1 << 16;

/// Adds to staged content, or begins it. `bytes` is a multiple of kChunk. Throws StoreFault.
ContentId stage(Connection& db, std::optional<ContentId> content, std::string_view bytes);

/// Bytes that were staged. Throws StoreFault when it is none (delivered, or dropped before).
std::uint64_t staged_size(Connection& db, ContentId content);

/// Makes a content of what was staged and the bytes that were not, and its facts.
ContentId keep(Connection& db, std::optional<ContentId> staged, std::string_view rest,
               const MessageFacts& facts);

/// As keep(), but it stays staged until adopt().
ContentId settle(Connection& db, std::optional<ContentId> staged, std::string_view rest,
                 const MessageFacts& facts);
/// Makes a content of what was settled. Throws StoreFault.
void adopt(Connection& db, ContentId settled);

/// Fills in the facts that were not kept when the content came.
void add_facts(Connection& db, const LateFacts& late);

/// Counts `more` references to a content besides those it has.
void share(Connection& db, ContentId content, std::size_t more);

/// Reads contents: of each only the pages that what is wanted lies on, since most reads want a header.
class ContentReader {
 public:
  explicit ContentReader(Connection& db);
  /// Less at the content's end; empty if it is gone.
  std::string read(const ContentRange& range);
  std::vector<std::string> read_each(const std::vector<ContentRange>& ranges);

 private:
  BlobReader chunks_;
};

/// Staged content nobody will deliver becomes garbage. False: it is none (delivered, or dropped before).
bool drop_staged(Connection& db, ContentId content);
/// The same for all that a server which ended has left.
void drop_all_staged(Connection& db);

/// What collect_garbage() has done.
struct Collected {
  bool more = false;   ///< there is garbage left
  bool entry = false;  ///< an entry of the text index must be deleted before its content
};
/// Removes garbage dropped not later than `until` (Unix seconds), as far as the slice goes.
Collected collect_garbage(Connection& db, std::int64_t until, EntryOf entry, Slice& slice);
/// When the oldest garbage was dropped; nothing: there is none.
std::optional<std::int64_t> oldest_garbage(Connection& db);

}  // namespace postroom::sqlite
