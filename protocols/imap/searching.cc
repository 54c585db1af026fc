// Finds messages: the cheap keys first, and no more of a message is read than decides.
#include "protocols/imap/searching.h"

#include <algorithm>
#include <utility>

#include "protocols/imap/content.h"
#include "protocols/imap/late_facts.h"
#include "protocols/imap/query.h"
#include "protocols/imap/row_reader.h"

namespace postroom::imap {

namespace {

// One that has closed its side may wait for answers all the same: it is taken to have left only when they
// take longer than this.
constexpr std::chrono::seconds kHalfClosed{3};

}  // namespace

bool goes_on(Session& session, Searching& searching) {
  searching.stopped = searching.stopped || session.service.gate.draining();
  if (session.runtime().now() >= searching.begun + kHalfClosed) session.stream->receive(session.in);
  return !searching.stopped;
}

namespace {

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
  const SearchReturn& returns = searching.returns;
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

}  // namespace

Task<std::optional<Tagged>> find_messages(Session& session, SearchCriteria& criteria, Searching& searching) {
  if (!criteria.known_charset) co_return no_with("BADCHARSET (US-ASCII UTF-8)", "unknown charset");
  std::vector<std::string> keywords;
  if (criteria.keywords) {
    keywords = co_await session.store().keywords(session.account);
  }
  if (criteria.texts > QueryParser::kMaxTexts) co_return no(Code::limit, "too many texts to look for");
  if (criteria.condstore) session.enable_condstore();
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
  if (selection.exact) {
    searching.found = std::move(selection.uids);
  } else {
    co_await session.flush();  // answers to earlier commands do not wait for this one
    const MailboxId mailbox = session.view->mailbox();
    selection.uids = co_await session.store().candidates(mailbox, std::move(selection.uids), query->terms());
    co_await search(session, *query, selection.uids, searching);
  }
  if (searching.stopped) co_return stopping();
  co_return std::nullopt;
}

namespace {

// sequence-set, which may be long.
Task<> send_set(Session& session, std::span<const UidSet::Run> set) {
  std::string_view comma;
  for (const UidSet::Run& run : set) {
    session.wire.raw(comma).number(run.first);
    if (run.last > run.first) session.wire.raw(":").number(run.last);
    comma = ",";
    if (session.wire.full()) {
      co_await session.give_way();
    }
  }
}

}  // namespace

Task<> send_esearch(Session& session, const SearchReturn& returns, Numbers numbers, Told told) {
  const bool any = told.count > 0;
  Wire& wire = session.wire;
  wire.raw("* ESEARCH (TAG ").string(session.tag).raw(")");
  if (numbers == Numbers::uid) wire.raw(" UID");
  if (returns.min && any) wire.raw(" MIN ").number(told.first);
  if (returns.max && any) wire.raw(" MAX ").number(told.last);
  if (returns.count) wire.raw(" COUNT ").number(told.count);
  if (returns.all && any) {
    wire.raw(" ALL ");
    co_await send_set(session, told.all);
  }
  if (returns.partial) {
    wire.raw(" PARTIAL (").raw(format(*returns.partial)).raw(told.partial.empty() ? " NIL" : " ");
    co_await send_set(session, told.partial);
    wire.raw(")");
  }
  if (told.modseq > 0) wire.raw(" MODSEQ ").number(told.modseq);
  wire.crlf();
}

bool save_found(Session& session, UidSet found) {
  if (found.runs().size() > session.options.saved_runs) return false;
  session.view->save(std::move(found));
  return true;
}

Task<Tagged> or_save_nothing(Session& session, bool save, Task<Tagged> command) {
  Tagged reply;
  try {
    reply = co_await std::move(command);
  } catch (const StoreFault&) {
    if (save) session.view->save(UidSet());
    throw;
  }
  if (save && reply.kind == Tagged::Kind::no) session.view->save(UidSet());
  co_return reply;
}

Tagged stopping() { return no(Code::unavailable, "the server is stopping"); }

Task<ModSeq> highest_modseq(Session& session, const Searching& searching, UidSet some) {
  if (some.empty()) co_return 0;
  if (some == searching.found) co_return searching.highest_modseq;
  ModSeq highest = 0;
  RowReader reader(session, std::move(some), Want::flags);
  for (;;) {
    const std::vector<MessageRow> rows = co_await reader.next();
    if (rows.empty()) break;
    for (const MessageRow& row : rows) highest = std::max(highest, row.modseq);
  }
  if (highest == 0) highest = searching.highest_modseq;  // they have just been expunged
  co_return highest;
}

}  // namespace postroom::imap
