// SEARCH, UID SEARCH: RFC 3501 6.4.4, 6.4.8; MODSEQ, RFC 7162 3.1.5; RETURN, RFC 4731 3, RFC 5182 2,
// RFC 9394 3.1.
#include <algorithm>
#include <utility>

#include "protocols/imap/content.h"
#include "protocols/imap/late_facts.h"
#include "protocols/imap/message_scan.h"

namespace postroom::imap {

namespace {

// One command on its way through the mailbox.
struct Searching {
  Searching(const SearchCriteria& asked, TimePoint now) : criteria(asked), begun(now) {}
  const SearchCriteria& criteria;
  UidSet found;
  ModSeq highest_modseq = 0;
  const TimePoint begun;
  bool stopped = false;  // before its end

  void add(const MessageRow& row) {
    found.add(row.uid);
    highest_modseq = std::max(highest_modseq, row.modseq);
  }
};

// A message whose bytes are looked at.
struct Candidate {
  const MessageRow* row;
  mime::PartIndex parts;
  mime::Range range;  // what is read of it
  std::string bytes;
  Truth verdict = Truth::unknown;
};
using Rows = std::vector<const MessageRow*>;

// Messages of which no more than a piece is needed share a job of so many bytes; fewer when each byte is
// looked at by many keys, since others wait for the worker thread too.
constexpr std::uint64_t kBatch = 512 * 1024;
constexpr std::uint64_t kLooks = 2 * 1024 * 1024;

std::uint64_t batch_bytes(const Query& query) {
  return std::min<std::uint64_t>(kBatch, kLooks / std::max<std::uint64_t>(query.texts(), 1));
}

// One that has closed its side may wait for answers all the same: it is taken to have left only when they
// take longer than this.
constexpr std::chrono::seconds kHalfClosed{3};

// To be asked between two pieces of work: a client that has left waits for no answer, and a server that stops
// not for this one. What the client has sent meanwhile is kept for later. Throws ConnectionEnded.
bool goes_on(Session& session, Searching& searching) {
  searching.stopped = searching.stopped || session.service.gate.draining();
  if (session.runtime().now() >= searching.begun + kHalfClosed) session.stream->receive(session.in);
  return !searching.stopped;
}

Candidate candidate(const MessageRow& row, Cost depth) {
  std::optional<mime::PartIndex> parts = mime::PartIndex::parse(row.parts);
  if (!parts)
    throw StoreCorrupt("unreadable part index of content " + std::to_string(std::int64_t(row.content)));
  mime::Range range{0, row.size};
  if (depth == Cost::header)
    range = parts->entries().empty() ? mime::Range() : parts->entries().front().header;
  return {&row, std::move(*parts), range, {}, Truth::unknown};
}

// On a worker thread.
void scan_whole(Query& query, Candidate& one) {
  query.begin(*one.row);
  MessageScan scan(query, one.parts);
  while (const auto wanted = scan.wanted()) {
    // Not there: it has not been read yet, or was expunged meanwhile.
    const std::uint64_t at = wanted->offset - one.range.offset;
    if (at + wanted->size > one.bytes.size()) break;
    scan.feed(std::string_view(one.bytes).substr(at, wanted->size));
  }
  one.verdict = query.verdict();
}

Task<> scan_large(Session& session, Query& query, Candidate& one, Searching& searching) {
  query.begin(*one.row);
  MessageScan scan(query, one.parts);
  while (const auto wanted = scan.wanted()) {
    if (!goes_on(session, searching)) co_return;
    mime::Range piece = first_piece(*wanted);
    piece.size = std::min(piece.size, batch_bytes(query));
    const std::string bytes = co_await session.store().read(one.row->content, piece.offset, piece.size);
    if (bytes.empty()) co_return;
    auto job = [&] { scan.feed(bytes); };
    co_await perform(session.runtime(), Lane::compute, job);
  }
  if (query.verdict() == Truth::yes) searching.add(*one.row);
}

// Reads all of `batch` and decides about them; `undecided` gets those that need more.
Task<> scan_batch(Session& session, Query& query, std::vector<Candidate>& batch, Searching& searching,
                  Rows& undecided) {
  if (!goes_on(session, searching)) co_return;
  std::vector<ContentRange> ranges;
  for (const Candidate& one : batch) ranges.push_back({one.row->content, one.range.offset, one.range.size});
  std::vector<std::string> bytes = co_await session.store().read_each(ranges);
  for (std::size_t i = 0; i < batch.size(); ++i) batch[i].bytes = std::move(bytes[i]);
  auto job = [&] {
    for (Candidate& one : batch) scan_whole(query, one);
  };
  co_await perform(session.runtime(), Lane::compute, job);
  for (const Candidate& one : batch) {
    if (one.verdict == Truth::yes) searching.add(*one.row);
    if (one.verdict == Truth::unknown) undecided.push_back(one.row);
  }
}

// Looks at the headers, or the whole, of messages of which less does not tell enough; answers those that need
// more.
Task<Rows> scan(Session& session, Query& query, const Rows& rows, Cost depth, Searching& searching) {
  Rows undecided;
  std::vector<Candidate> batch;
  const std::uint64_t most = batch_bytes(query);
  std::uint64_t bytes = 0;
  for (const MessageRow* row : rows) {
    if (searching.stopped) break;
    Candidate one = candidate(*row, depth);
    if (one.range.size > std::min(kPiece, most)) {
      co_await scan_large(session, query, one, searching);
      continue;
    }
    if (bytes + one.range.size > most) {
      co_await scan_batch(session, query, batch, searching, undecided);
      batch.clear();
      bytes = 0;
    }
    bytes += one.range.size;
    batch.push_back(std::move(one));
  }
  if (!batch.empty()) {
    co_await scan_batch(session, query, batch, searching, undecided);
  }
  co_return undecided;
}

Task<> search_slice(Session& session, Query& query, UidSet slice, Searching& searching) {
  while (!slice.empty()) {
    if (!goes_on(session, searching)) co_return;
    std::vector<MessageRow> rows =
        co_await session.store().fetch(session.view->mailbox(), slice, query.want());
    if (rows.empty()) break;
    co_await complete_facts(session, rows, query.want());
    slice = slice.after(rows.back().uid);
    Rows undecided;
    for (const MessageRow& row : rows) {
      query.begin(row);
      const Truth verdict = query.verdict();
      if (verdict == Truth::yes) searching.add(row);
      if (verdict == Truth::unknown) undecided.push_back(&row);
    }
    for (const Cost depth : {Cost::header, Cost::body}) {
      const bool needed = depth == Cost::header ? query.decided_by_headers() : query.cost() == Cost::body;
      if (undecided.empty() || !needed) continue;
      undecided = co_await scan(session, query, undecided, depth, searching);
    }
  }
}

Task<> search_all(Session& session, Query& query, UidSet left, Searching& searching) {
  // The rows of a slice are judged without a break: fewer, when that takes longer.
  const std::uint64_t slice_size =
      std::max<std::uint64_t>(64, 32'768 / std::max<std::uint64_t>(query.keys(), 1));
  while (!left.empty()) {
    UidSet slice = left.head(slice_size);
    left = left.after(slice.last());
    co_await search_slice(session, query, std::move(slice), searching);
  }
}

// Until something is found, beginning with few; what comes after it stays in `left`.
Task<> search_first(Session& session, Query& query, UidSet& left, Searching& searching) {
  for (std::uint64_t size = 64; !left.empty() && searching.found.empty(); size *= 2) {
    UidSet slice = left.head(size);
    left = left.after(slice.last());
    co_await search_slice(session, query, std::move(slice), searching);
  }
}

// The same from the end.
Task<> search_last(Session& session, Query& query, UidSet left, Searching& searching) {
  const std::uint64_t found_before = searching.found.size();
  for (std::uint64_t size = 64; !left.empty() && searching.found.size() == found_before; size *= 2) {
    const std::uint64_t rest = left.size() - std::min(left.size(), size);
    UidSet slice = rest > 0 ? left.after(left.at(rest - 1)) : left;
    left = left.head(rest);
    co_await search_slice(session, query, std::move(slice), searching);
  }
}

Task<> search(Session& session, Query& query, UidSet left, Searching& searching) {
  const SearchReturn& returns = searching.criteria.returns;
  if (!returns.ends_only()) {
    co_await search_all(session, query, std::move(left), searching);
    co_return;
  }
  if (returns.min) {
    co_await search_first(session, query, left, searching);
  }
  if (returns.max) {
    co_await search_last(session, query, std::move(left), searching);
  }
}

// The highest mod-sequence of what the answer is about (RFC 4731 3.2); 0: of nothing.
Task<ModSeq> highest_modseq(Session& session, const Searching& searching) {
  constexpr std::uint64_t kSlice = 4096;
  UidSet left = searching.criteria.returns.meant(searching.found);
  if (left.empty()) co_return 0;
  if (left == searching.found) co_return searching.highest_modseq;
  ModSeq highest = 0;
  while (!left.empty()) {
    UidSet slice = left.head(kSlice);
    left = left.after(slice.last());
    while (!slice.empty()) {
      const std::vector<MessageRow> rows =
          co_await session.store().fetch(session.view->mailbox(), slice, Want::flags);
      if (rows.empty()) break;
      slice = slice.after(rows.back().uid);
      for (const MessageRow& row : rows) highest = std::max(highest, row.modseq);
    }
  }
  if (highest == 0) highest = searching.highest_modseq;  // they have just been expunged
  co_return highest;
}

// "* SEARCH 2 84 882 (MODSEQ 917162500)"
Task<> answer(Session& session, const Searching& searching, const UidSet& numbers) {
  Wire& wire = session.wire;
  wire.raw("* SEARCH");
  for (const UidSet::Run& run : numbers.runs()) {
    for (std::uint64_t number = run.first; number <= run.last; ++number) {
      wire.raw(" ").number(number);
      if (wire.full()) {
        co_await session.give_way();
      }
    }
  }
  if (searching.criteria.condstore && !searching.found.empty())
    wire.raw(" (MODSEQ ").number(searching.highest_modseq).raw(")");
  wire.raw("\r\n");
}

// sequence-set, which may be long.
Task<> send_set(Session& session, const UidSet& set) {
  std::string_view comma;
  for (const UidSet::Run& run : set.runs()) {
    session.wire.raw(comma).number(run.first);
    if (run.last > run.first) session.wire.raw(":").number(run.last);
    comma = ",";
    if (session.wire.full()) {
      co_await session.give_way();
    }
  }
}

// "PARTIAL (1:500 4:19,21)" (RFC 9394 4 ret-data-partial).
Task<> send_partial(Session& session, const PartialRange& range, const UidSet& numbers) {
  const UidSet some = range.of(numbers);
  session.wire.raw(" PARTIAL (").raw(format(range)).raw(some.empty() ? " NIL" : " ");
  co_await send_set(session, some);
  session.wire.raw(")");
}

// "* ESEARCH (TAG "a4") UID MIN 2 MAX 23 COUNT 10 ALL 2,5:12,23 MODSEQ 917162500" (RFC 4466 2.6.2). What was
// not found has no MIN, MAX, ALL or MODSEQ (RFC 4731 3.1, RFC 7162 3.1.10).
Task<> answer_extended(Session& session, const Searching& searching, const UidSet& numbers) {
  const SearchReturn& returns = searching.criteria.returns;
  const bool any = !numbers.empty();
  ModSeq modseq = 0;
  if (any && searching.criteria.condstore) {
    modseq = co_await highest_modseq(session, searching);
  }
  Wire& wire = session.wire;
  wire.raw("* ESEARCH (TAG ").string(session.tag).raw(")");
  if (searching.criteria.numbers == Numbers::uid) wire.raw(" UID");
  if (returns.min && any) wire.raw(" MIN ").number(numbers.first());
  if (returns.max && any) wire.raw(" MAX ").number(numbers.last());
  if (returns.count) wire.raw(" COUNT ").number(numbers.size());
  if (returns.all && any) {
    wire.raw(" ALL ");
    co_await send_set(session, numbers);
  }
  if (returns.partial) {
    co_await send_partial(session, *returns.partial, numbers);
  }
  if (modseq > 0) wire.raw(" MODSEQ ").number(modseq);
  wire.crlf();
}

// What "$" means from now on (RFC 5182 2.1). False: it would be too much.
bool save(Session& session, const Searching& searching) {
  UidSet saved = searching.criteria.returns.meant(searching.found);
  if (saved.runs().size() > session.options.saved_runs) return false;
  session.view->save(std::move(saved));
  return true;
}

Task<Tagged> find_and_answer(Session& session, SearchCriteria criteria) {
  // RFC 6855 3: its strings are in UTF-8.
  if (criteria.charset_given && session.utf8_accept) co_return bad("no CHARSET after ENABLE UTF8=ACCEPT");
  if (!criteria.known_charset) co_return no_with("BADCHARSET (US-ASCII UTF-8)", "unknown charset");
  std::vector<std::string> keywords;
  if (criteria.keywords) {
    keywords = co_await session.store().keywords(session.account);
  }
  if (criteria.texts > QueryParser::kMaxTexts) co_return no(Code::limit, "too many texts to look for");
  if (criteria.condstore) session.enable_condstore();
  // RFC 9051 6.4.4: there is no SEARCH response.
  if (session.rev2) criteria.returns.extend();
  SearchContext context{*session.view, keywords, session.runtime().wall_now()};
  std::optional<Query> query;
  Query::Selection selection;
  auto prepare = [&] {
    query.emplace(std::move(criteria.root), context);
    selection = query->select(session.view->uids());
  };
  co_await perform(session.runtime(), Lane::compute, prepare);
  if (context.bad_number) co_return bad("no such message");
  session.keeps_numbers |= context.uses_numbers;  // RFC 7162 3.2.10.2: UID SEARCH with message numbers
  Searching searching(criteria, session.runtime().now());
  if (selection.exact) {
    searching.found = std::move(selection.uids);
  } else {
    co_await session.flush();  // answers to earlier commands do not wait for this one
    co_await search(session, *query, selection.uids, searching);
  }
  if (searching.stopped) co_return no(Code::unavailable, "the server is stopping");
  if (criteria.returns.save && !save(session, searching))
    co_return no(Code::not_saved, "too much to be kept");
  if (criteria.returns.silent()) co_return ok("SEARCH completed, result saved");
  const bool by_uid = criteria.numbers == Numbers::uid;
  const UidSet numbers = by_uid ? searching.found : session.view->sequences_of(searching.found);
  if (criteria.returns.extended) {
    co_await answer_extended(session, searching, numbers);
  } else {
    co_await answer(session, searching, numbers);
  }
  co_return ok("SEARCH completed");
}

Task<Tagged> run(Session& session, SearchCriteria criteria) {
  // A failed SEARCH that was to save leaves nothing saved (RFC 5182 2.1); one that is BAD changes nothing.
  const bool save = criteria.returns.save;
  Tagged reply;
  try {
    reply = co_await find_and_answer(session, std::move(criteria));
  } catch (const StoreFault&) {
    if (save) session.view->save(UidSet());
    throw;
  }
  if (save && reply.kind == Tagged::Kind::no) session.view->save(UidSet());
  co_return reply;
}

}  // namespace

extern constinit const Command search_command = command<&parse_search, &run>(
    "SEARCH", State::selected,
    {.uses_sequence_numbers = true, .has_uid_form = true, .capability = "ESEARCH SEARCHRES PARTIAL"});

}  // namespace postroom::imap
