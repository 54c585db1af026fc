// SEARCH, UID SEARCH: RFC 3501 6.4.4, 6.4.8; MODSEQ, RFC 7162 3.1.5.
#include <algorithm>

#include "protocols/imap/message_scan.h"
#include "protocols/imap/session.h"

namespace postroom::imap {

namespace {

// One command on its way through the mailbox.
struct Searching {
  Searching() = default;
  UidSet found;
  ModSeq highest_modseq = 0;

  void add(const MessageRow& row) {
    found.add(row.uid);
    highest_modseq = std::max(highest_modseq, row.modseq);
  }
};

// A message whose bytes are looked at.
struct Candidate {
  const MessageRow* row;
  mime::PartIndex parts;
  std::uint64_t offset = 0;  // of bytes, in the message
  std::string bytes;
  bool matches = false;
};

// A message up to here is read at once and shares a job with others; a longer one is read in pieces of this.
constexpr std::uint64_t kPiece = 256 * 1024;
// So many bytes make a job.
constexpr std::size_t kJob = 1024 * 1024;

Candidate candidate(const MessageRow& row) {
  std::optional<mime::PartIndex> parts = mime::PartIndex::parse(row.parts);
  if (!parts)
    throw StoreFault("unreadable part index of content " + std::to_string(std::int64_t(row.content)));
  return {&row, std::move(*parts), 0, {}, false};
}

// All that may have to be read of the message.
mime::Range needed(const Query& query, const Candidate& one) {
  if (query.cost() == Cost::body) return {0, one.row->size};
  return one.parts.entries().empty() ? mime::Range() : one.parts.entries().front().header;
}

// On a worker thread.
void scan_whole(Query& query, Candidate& one) {
  query.begin(*one.row);
  MessageScan scan(query, one.parts);
  while (const auto wanted = scan.wanted()) {
    // Less than was asked for is there when the message was expunged meanwhile: then it matches nothing.
    const std::uint64_t at = wanted->offset - one.offset;
    if (at + wanted->size > one.bytes.size()) return;
    scan.feed(std::string_view(one.bytes).substr(at, wanted->size));
  }
  one.matches = query.verdict() == Truth::yes;
}

Task<> scan_batch(Session& session, Query& query, std::vector<Candidate>& batch, Searching& searching) {
  auto job = [&] {
    for (Candidate& one : batch) scan_whole(query, one);
  };
  co_await perform(session.runtime(), Lane::compute, job);
  for (const Candidate& one : batch)
    if (one.matches) searching.add(*one.row);
  batch.clear();
}

Task<> scan_large(Session& session, Query& query, Candidate& one, Searching& searching) {
  query.begin(*one.row);
  MessageScan scan(query, one.parts);
  while (const auto wanted = scan.wanted()) {
    const std::uint64_t length = std::min(wanted->size, kPiece);
    const std::string bytes = co_await session.store().read(one.row->content, wanted->offset, length);
    if (bytes.empty()) co_return;
    auto job = [&] { scan.feed(bytes); };
    co_await perform(session.runtime(), Lane::compute, job);
  }
  if (query.verdict() == Truth::yes) searching.add(*one.row);
}

// Decides about messages of which the rows do not tell enough.
Task<> look_into(Session& session, Query& query, const std::vector<const MessageRow*>& rows,
                 Searching& searching) {
  std::vector<Candidate> batch;
  std::size_t bytes = 0;
  for (const MessageRow* row : rows) {
    Candidate one = candidate(*row);
    const mime::Range range = needed(query, one);
    if (range.size > kPiece) {
      co_await scan_large(session, query, one, searching);
      continue;
    }
    one.offset = range.offset;
    one.bytes = co_await session.store().read(row->content, range.offset, range.size);
    bytes += one.bytes.size();
    batch.push_back(std::move(one));
    if (bytes < kJob) continue;
    bytes = 0;
    co_await scan_batch(session, query, batch, searching);
  }
  if (!batch.empty()) {
    co_await scan_batch(session, query, batch, searching);
  }
}

Task<> search(Session& session, Query& query, UidSet left, Searching& searching) {
  constexpr std::uint64_t kSlice = 4096;
  const std::uint32_t want = Want::flags | (query.cost() >= Cost::header ? Want::parts : 0);
  while (!left.empty()) {
    UidSet slice = left.head(kSlice);
    left = left.after(slice.last());
    while (!slice.empty()) {
      const std::vector<MessageRow> rows =
          co_await session.store().fetch(session.view->mailbox(), slice, want);
      if (rows.empty()) break;
      slice = slice.after(rows.back().uid);
      std::vector<const MessageRow*> undecided;
      for (const MessageRow& row : rows) {
        query.begin(row);
        const Truth verdict = query.verdict();
        if (verdict == Truth::yes) searching.add(row);
        if (verdict == Truth::unknown) undecided.push_back(&row);
      }
      co_await look_into(session, query, undecided, searching);
    }
  }
}

// "* SEARCH 2 84 882 (MODSEQ 917162500)"
Task<> answer(Session& session, const SearchCriteria& criteria, const Searching& searching) {
  Wire& wire = session.wire;
  const bool by_uid = criteria.numbers == Numbers::uid;
  const UidSet numbers = by_uid ? searching.found : session.view->sequences_of(searching.found);
  wire.raw("* SEARCH");
  for (const UidSet::Run& run : numbers.runs()) {
    for (std::uint64_t number = run.first; number <= run.last; ++number) {
      wire.raw(" ").number(number);
      if (wire.full()) {
        co_await session.give_way();
      }
    }
  }
  if (criteria.condstore && !searching.found.empty())
    wire.raw(" (MODSEQ ").number(searching.highest_modseq).raw(")");
  wire.raw("\r\n");
}

Task<Tagged> run(Session& session, SearchCriteria criteria) {
  if (!criteria.known_charset) co_return no_with("BADCHARSET (US-ASCII UTF-8)", "unknown charset");
  std::vector<std::string> keywords;
  if (criteria.keywords) {
    keywords = co_await session.store().keywords(session.account);
  }
  if (criteria.condstore) session.enable_condstore();
  SearchContext context{*session.view, keywords};
  std::optional<Query> query;
  Query::Selection selection;
  auto prepare = [&] {
    query.emplace(std::move(criteria.root), context);
    selection = query->select(session.view->uids());
  };
  co_await perform(session.runtime(), Lane::compute, prepare);
  if (context.bad_number) co_return bad("no such message");
  Searching searching;
  if (selection.exact) {
    searching.found = std::move(selection.uids);
  } else {
    co_await search(session, *query, selection.uids, searching);
  }
  co_await answer(session, criteria, searching);
  co_return ok("SEARCH completed");
}

}  // namespace

extern constinit const Command search_command = command<&parse_search, &run>(
    "SEARCH", State::selected, {.uses_sequence_numbers = true, .has_uid_form = true});

}  // namespace postroom::imap
