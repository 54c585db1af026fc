// FETCH, UID FETCH: RFC 3501 6.4.5, 6.4.8; CHANGEDSINCE, RFC 7162 3.1.4.1; VANISHED, RFC 7162 3.2.6; PARTIAL,
// RFC 9394 3.3.
#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "base/log.h"
#include "protocols/imap/content.h"
#include "protocols/imap/late_facts.h"
#include "protocols/imap/partial_range.h"
#include "protocols/imap/resync.h"
#include "protocols/imap/row_reader.h"

namespace postroom::imap {

namespace {

struct Fetch {
  Fetch() = default;
  Numbers numbers = Numbers::sequence;
  SequenceSet set;
  std::vector<FetchRequest> items;
  std::optional<ModSeq> changed_since;
  std::optional<PartialRange> partial;
  bool vanished = false;

  bool has(std::string_view name) const {
    return std::any_of(items.begin(), items.end(),
                       [&](const FetchRequest& one) { return one.item && one.item->name == name; });
  }
};

/// RFC 4466 2.4 fetch-modifiers, after their parenthesis; each once.
void parse_modifiers(Cursor& in, Fetch& fetch) {
  do {
    if (!fetch.changed_since && in.take("CHANGEDSINCE ")) {
      fetch.changed_since = in.mod_sequence_valzer();
    } else if (fetch.numbers == Numbers::uid && !fetch.partial && in.take("PARTIAL ")) {
      fetch.partial = parse_partial_range(in);
    } else if (fetch.numbers == Numbers::uid && !fetch.vanished && in.take_word("VANISHED")) {
      fetch.vanished = true;
    } else {
      in.fail("fetch-modifier");
    }
  } while (in.take(" "));
  if (fetch.vanished && !fetch.changed_since) in.fail("CHANGEDSINCE");
  in.need(")");
}

Fetch parse(Cursor& in) {
  Fetch fetch;
  fetch.numbers = in.numbers();
  in.sp();
  fetch.set = in.sequence_set();
  in.sp();
  fetch.items = parse_fetch_items(in);
  if (in.take(" (")) parse_modifiers(in, fetch);
  if (fetch.numbers == Numbers::uid && !fetch.has("UID"))
    fetch.items.insert(fetch.items.begin(), fetch_request("UID"));
  if (fetch.changed_since && !fetch.has("MODSEQ")) fetch.items.push_back(fetch_request("MODSEQ"));
  return fetch;
}

// One command on its way through its messages.
struct Fetching {
  Fetching() = default;
  Fetch fetch;
  std::uint32_t want = 0;
  std::uint32_t needed = 0;  // of them, what must be there
  bool sets_seen = false;
  bool tells_flags = false;
  bool sends_content = false;
  bool unknown_encoding = false;  // RFC 3516 4.3
  bool some_gone = false;         // expunged by others; the client has not been told yet
  FlagsStored seen;               // what this command did and has answered, since changes were told
};

Fetching plan(Fetch fetch, const View& view) {
  Fetching plan;
  for (const FetchRequest& request : fetch.items) {
    plan.want |= request.want;
    if (!request.lazy) plan.needed |= request.want;
    plan.sets_seen |= request.item->sets_seen && !view.read_only();
    plan.sends_content |= request.item->send != nullptr;
  }
  plan.tells_flags = plan.sets_seen || fetch.has("FLAGS");
  plan.fetch = std::move(fetch);
  return plan;
}

// A FETCH response for one message, item by item.
class Response {
 public:
  Response(Session& session, const MessageRow& row, std::uint32_t number)
      : session_(session), row_(row), number_(number) {}

  void next_item() {
    if (begun_)
      session_.wire.raw(" ");
    else
      session_.wire.raw("* ").number(number_).raw(" FETCH (");
    begun_ = true;
  }
  void print(const FetchRequest& request) {
    next_item();
    request.item->print(session_, request, row_, session_.wire);
  }
  void end() {
    if (!begun_) return;  // there is nothing to say of it
    session_.wire.raw(")\r\n");
    session_.view->reveal(row_.modseq);
  }

 private:
  Session& session_;
  const MessageRow& row_;
  const std::uint32_t number_;
  bool begun_ = false;
};

// For a message whose bytes are not asked for.
void answer_at_once(Session& session, const Fetching& fetching, const MessageRow& row) {
  const std::optional<std::uint32_t> number = session.view->sequence_of(row.uid);
  if (!number) return;
  Response response(session, row, *number);
  for (const FetchRequest& request : fetching.fetch.items) response.print(request);
  response.end();
}

// The message's flags are told too if `seen_now`: this command set \Seen (RFC 3501 6.4.5).
Task<> answer(Session& session, Fetching& fetching, Content& content, bool seen_now) {
  const std::optional<std::uint32_t> number = session.view->sequence_of(content.row().uid);
  if (!number) co_return;
  Response response(session, content.row(), *number);
  for (const FetchRequest& request : fetching.fetch.items) {
    if (request.item->can && !request.item->can(request, content)) continue;
    if (request.item->print) {
      response.print(request);
    } else {
      response.next_item();
      co_await request.item->send(request, content);
    }
    if (session.wire.full()) {
      co_await session.give_way();
    }
  }
  for (const std::string_view extra : {"UID", "FLAGS", "MODSEQ"}) {
    const bool wanted = session.condstore || extra == "FLAGS";  // RFC 7162 3.2.4
    if (seen_now && wanted && !fetching.fetch.has(extra)) response.print(fetch_request(extra));
  }
  fetching.unknown_encoding |= content.unknown_encoding();
  fetching.some_gone |= content.gone();
  response.end();
}

// What is left out of a response that has begun cannot be told: its length may have been announced, and a
// tagged response would be taken for a part of it.
Task<> answer_or_end(Session& session, Fetching& fetching, Content& content, bool seen_now) {
  try {
    co_await answer(session, fetching, content, seen_now);
  } catch (const StoreFault& fault) {
    log::error("imap.fault", {{"command", "FETCH"}, {"cause", fault.what()}});
    throw ConnectionEnded(ConnectionEnded::Reason::failed, "a fault in the middle of a response");
  }
}

// Sets \Seen where it is not and puts the new state into the rows. Answers what the store says of it.
Task<FlagsStored> set_seen(Session& session, std::span<MessageRow> rows) {
  UidSet unseen;
  for (const MessageRow& row : rows)
    if (!(row.flags.bits & Flags::seen)) unseen.add(row.uid);
  FlagsStored stored;
  if (unseen.empty()) co_return stored;
  FlagChange change;
  change.how = FlagChange::How::add;
  change.flags.bits = Flags::seen;
  try {
    stored = co_await session.store().store_flags(session.view->mailbox(), unseen, change);
  } catch (const StoreFull& fault) {
    // A full disk keeps nobody from reading.
    log::warning("imap.seen_not_stored", {{"cause", fault.what()}});
    co_return stored;
  }
  auto row = rows.begin();
  for (const FlagState& now : stored.now) {
    while (row != rows.end() && row->uid < now.uid) ++row;
    if (row == rows.end() || row->uid != now.uid) continue;
    row->flags = now.flags;
    row->modseq = now.modseq;
  }
  co_return stored;
}

bool changed(const FlagsStored& stored, Uid uid) {
  const auto at = std::lower_bound(stored.now.begin(), stored.now.end(), uid,
                                   [](const FlagState& state, Uid wanted) { return state.uid < wanted; });
  return at != stored.now.end() && at->uid == uid;
}

// Messages that are answered together, with the bytes of the small ones read by one read.
struct Group {
  Group() = default;
  std::vector<Content> contents;
  std::vector<ContentRange> ranges;
};

// The first of `rows`: as many as one read gives. What is large is read in pieces when its turn comes.
Group first_group(Session& session, const Fetch& fetch, std::span<const MessageRow> rows) {
  constexpr std::size_t kMost = 64;
  constexpr std::size_t kSmall = 64 * 1024;
  constexpr std::size_t kRead = 512 * 1024;
  Group group;
  std::size_t bytes = 0;
  for (const MessageRow& row : rows.first(std::min(kMost, rows.size()))) {
    Content content(session, row);
    const mime::Range range = content.range_of(fetch.items);
    const std::size_t length = range.size <= kSmall ? range.size : 0;
    bytes += length;
    if (bytes > kRead) break;
    group.contents.push_back(std::move(content));
    group.ranges.push_back({row.content, range.offset, length});
  }
  return group;
}

Task<> load(Session& session, Group& group) {
  std::vector<std::string> bytes = co_await session.store().read_each(group.ranges);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    group.contents[i].give(group.ranges[i].offset, std::move(bytes[i]));
}

Task<> answer_group(Session& session, Fetching& fetching, Group& group, std::span<MessageRow> rows) {
  FlagsStored stored;
  if (fetching.sets_seen) {
    stored = co_await set_seen(session, rows);
  }
  if (fetching.tells_flags) {
    co_await session.learn_keywords(flags_in(rows));
  }
  co_await load(session, group);
  for (Content& content : group.contents) {
    const bool seen_now = changed(stored, content.row().uid);
    co_await answer_or_end(session, fetching, content, seen_now);
    co_await session.give_way(fetching.fetch.items.size());
  }
  std::ranges::move(stored.now, std::back_inserter(fetching.seen.now));
}

Task<> answer_rows(Session& session, const Fetching& fetching, std::span<const MessageRow> rows) {
  if (fetching.tells_flags) {
    co_await session.learn_keywords(flags_in(rows));
  }
  for (const MessageRow& row : rows) {
    answer_at_once(session, fetching, row);
    if (session.must_give_way(fetching.fetch.items.size())) {
      co_await session.give_way(0);
    }
  }
}

// Changes are told when all rows have been answered: a row that was read before a change and answered after
// it was told would leave the client with the old flags.
Task<> answer_batch(Session& session, Fetching& fetching, std::span<MessageRow> rows) {
  if (!fetching.sends_content) co_return co_await answer_rows(session, fetching, rows);
  while (!rows.empty()) {
    Group group = first_group(session, fetching.fetch, rows);
    const std::size_t count = group.contents.size();
    co_await answer_group(session, fetching, group, rows.first(count));
    rows = rows.subspan(count);
  }
  const FlagsStored seen = std::exchange(fetching.seen, FlagsStored());
  if (!seen.now.empty()) {
    co_await session.tell_changes(false, &seen);
  }
}

// Those of `uids` that changed after CHANGEDSINCE's modseq, so that a mailbox of which little changed is not
// read whole. What vanished since is told first: it is not what message numbers count (RFC 7162 3.2.6).
Task<UidSet> changed_since(Session& session, const Fetch& fetch, UidSet uids) {
  const Missed missed = co_await missed_since(session, *fetch.changed_since);
  if (fetch.vanished) {
    const UidSet known = session.view->named(fetch.set);
    const UidSet vanished = vanished_among(*session.view, missed, known);
    co_await tell_vanished(session, vanished, true);
  }
  co_return uids.intersect(missed.touched);
}

Task<> answer_all(Session& session, Fetching& fetching, UidSet left) {
  const ModSeq since = fetching.fetch.changed_since.value_or(0);
  RowReader reader(session, std::move(left), fetching.want);
  while (session.view) {
    std::vector<MessageRow> rows = co_await reader.next();
    fetching.some_gone |= reader.some_gone();
    if (rows.empty()) break;
    if (since > 0) std::erase_if(rows, [since](const MessageRow& row) { return row.modseq <= since; });
    co_await complete_facts(session, rows, fetching.needed);
    co_await answer_batch(session, fetching, rows);
  }
}

Task<Tagged> run(Session& session, Fetch fetch) {
  std::optional<UidSet> uids = session.view->resolve(fetch.set, fetch.numbers);
  if (!uids) co_return bad("no such message");
  if (fetch.vanished && !session.qresync) co_return bad("ENABLE QRESYNC comes first");
  const bool by_number = fetch.numbers == Numbers::sequence && !fetch.set.saved;
  if (fetch.changed_since || fetch.has("MODSEQ")) session.enable_condstore();
  if (fetch.partial) uids = fetch.partial->of(*uids);
  if (fetch.changed_since) {
    uids = co_await changed_since(session, fetch, *uids);
  }
  Fetching fetching = plan(std::move(fetch), *session.view);
  co_await answer_all(session, fetching, *uids);
  if (!session.view) co_return no(Code::nonexistent, "the mailbox was deleted");
  if (fetching.unknown_encoding) co_return no(Code::unknown_cte, "some parts have an unknown encoding");
  // RFC 3501 6.4.8 has nothing said about UIDs that are not there.
  if (fetching.some_gone && by_number)
    co_return no(Code::expunge_issued, "some of the messages were expunged");
  co_return ok("FETCH completed");
}

}  // namespace

extern constinit const Command fetch_command = command<&parse, &run>(
    "FETCH", State::selected, {.uses_sequence_numbers = true, .has_uid_form = true, .capability = "BINARY"});

}  // namespace postroom::imap
