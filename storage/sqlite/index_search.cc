// The index is asked for whole levels of it, not for one mailbox: that needs a bit for each content there
// ever was, and no more reads for a mailbox whose messages came in any order.
//
// Between two reads entries are made and deleted. What is indexed when the search begins stays so as long as
// a message has it, unless the whole index begins anew.
#include "storage/sqlite/index_search.h"

#include "storage/sqlite/messages.h"
#include "storage/sqlite/text_index.h"

namespace postroom::sqlite {

namespace {

// What one read gives at most.
constexpr std::size_t kContents = 32768;
constexpr std::uint64_t kMessages = 8192;
// Reading a message takes as long as asking for so many.
constexpr std::uint64_t kPerMessage = 2000;

/// Some of the contents up to a certain one.
class ContentSet {
 public:
  ContentSet() = default;
  ContentSet(ContentId upto, bool all)
      : words_(static_cast<std::size_t>(upto) / 64 + 1, all ? ~std::uint64_t{0} : 0) {}

  void add(ContentId content) { words_[place(content)] |= bit(content); }
  /// `content` is not above the last.
  bool contains(ContentId content) const { return (words_[place(content)] & bit(content)) != 0; }
  void join(const ContentSet& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
  }
  void intersect(const ContentSet& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
  }

 private:
  static std::size_t place(ContentId content) { return static_cast<std::size_t>(content) / 64; }
  static std::uint64_t bit(ContentId content) {
    return std::uint64_t{1} << (static_cast<std::size_t>(content) % 64);
  }

  std::vector<std::uint64_t> words_;
};

struct Asking {
  Asking(Readers& r, std::string v) : readers(r), version(std::move(v)) {}
  Readers& readers;
  const std::string version;
  ContentId upto{};
  ContentSet unindexed;
  bool useless = false;  // the index is

  bool is_of_use(const TextIndexState& state) const { return state.version == version && state.upto >= upto; }
};

/// What the index knows of, by one read.
void begin(Connection& db, std::uint64_t messages, Asking& asking) {
  Transaction transaction(db, Transaction::Kind::read);
  const TextIndexState state = text_index_state(db);
  asking.useless =
      !asking.is_of_use(state) || messages * kPerMessage < static_cast<std::uint64_t>(state.entries);
  if (asking.useless) return;
  asking.upto = state.upto;
  asking.unindexed = ContentSet(state.upto, false);
  Query rows(db, "SELECT content FROM unindexed WHERE content <= ?", state.upto);
  while (rows.step()) asking.unindexed.add(rows.as<ContentId>(0));
}

/// Contents after `after` that match; `after` is the last of them. False: there are no more.
bool read_matches(Connection& db, std::string_view match, Asking& asking, ContentId& after,
                  ContentSet& found) {
  Transaction transaction(db, Transaction::Kind::read);
  asking.useless = asking.useless || !asking.is_of_use(text_index_state(db));
  if (asking.useless) return false;
  Query rows(db, "SELECT rowid FROM text_index WHERE text_index MATCH ?1 AND rowid > ?2 AND rowid <= ?3",
             match, after, asking.upto);
  std::size_t count = 0;
  while (count < kContents && rows.step()) {
    after = rows.as<ContentId>(0);
    found.add(after);
    ++count;
  }
  return count == kContents;
}

Task<ContentSet> match_all(Asking& asking, const std::vector<std::string>& terms) {
  std::string match;
  for (const std::string& term : terms) match.append(match.empty() ? "" : " AND ").append(term);
  ContentSet found(asking.upto, false);
  ContentId after{};
  auto read = [&](Connection& db) { return read_matches(db, match, asking, after, found); };
  bool more = true;
  while (more) more = co_await asking.readers.run(read);
  co_return found;
}

/// Calls itself once for each level of the query.
Task<ContentSet> match(Asking& asking, const TermQuery& query) {
  if (query.kind == TermQuery::Kind::terms) co_return co_await match_all(asking, query.terms);
  const bool any = query.kind == TermQuery::Kind::any_of;
  ContentSet sum(asking.upto, !any);
  for (const TermQuery& part : query.parts) {
    const ContentSet one = co_await match(asking, part);
    if (any)
      sum.join(one);
    else
      sum.intersect(one);
  }
  co_return sum;
}

/// Those of `uids` with a content in `found`, or one that is not indexed.
UidSet messages_among(Connection& db, MailboxId mailbox, const UidSet& uids, const Asking& asking,
                      const ContentSet& found) {
  UidSet messages;
  UidWalk walk(db,
               "SELECT uid, content FROM message WHERE mailbox = ?1 AND uid BETWEEN ?2 AND ?3 ORDER BY uid",
               mailbox, uids);
  while (walk.next()) {
    const auto content = walk.row().as<ContentId>(1);
    if (content > asking.upto || found.contains(content)) messages.add(walk.uid());
  }
  return messages;
}

}  // namespace

Task<UidSet> candidates(Readers& readers, MailboxId mailbox, UidSet uids, TermQuery query,
                        std::string version) {
  Asking asking(readers, std::move(version));
  auto look = [&](Connection& db) {
    begin(db, uids.size(), asking);
    return true;
  };
  co_await readers.run(look);
  if (asking.useless) co_return uids;
  ContentSet found = co_await match(asking, query);
  if (asking.useless) co_return uids;
  found.join(asking.unindexed);
  UidSet all;
  while (!uids.empty()) {
    const UidSet part = uids.head(kMessages);
    uids = uids.after(part.last());
    auto walk = [&](Connection& db) { return messages_among(db, mailbox, part, asking, found); };
    const UidSet some = co_await readers.run(walk);
    all.add(some);
  }
  co_return all;
}

}  // namespace postroom::sqlite
