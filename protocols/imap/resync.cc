// RFC 7162 3.2.5: first what vanished, then the flags of what changed, each in pieces.
#include "protocols/imap/resync.h"

#include <limits>

#include "protocols/imap/row_reader.h"

namespace postroom::imap {

namespace {

/// known-uids: "*" would be something else to each side.
SequenceSet parse_known_uids(Cursor& in) {
  SequenceSet set = in.sequence_set();
  if (set.saved) in.fail("known-uids");
  for (const SequenceSet::Range& range : set.ranges)
    if (range.first == SequenceSet::kLargest || range.last == SequenceSet::kLargest) in.fail("known-uids");
  return set;
}

/// Ascending, and without "*", which is 0 here.
bool ascends(const SequenceSet& set) {
  std::uint32_t before = 0;
  for (const SequenceSet::Range& range : set.ranges) {
    if (range.first <= before || range.last < range.first) return false;
    before = range.last;
  }
  return true;
}

std::uint64_t size_of(const SequenceSet& set) {
  std::uint64_t size = 0;
  for (const SequenceSet::Range& range : set.ranges) size += range.last - range.first + 1;
  return size;
}

/// seq-match-data after its parenthesis (RFC 7162 3.2.5.2).
void parse_match(Cursor& in, Resync& resync) {
  resync.match_numbers = in.sequence_set();
  if (!ascends(resync.match_numbers)) in.fail("known-sequence-set");
  in.sp();
  resync.match_uids = in.sequence_set();
  const bool as_many = size_of(resync.match_numbers) == size_of(resync.match_uids);
  if (!ascends(resync.match_uids) || !as_many) in.fail("known-uid-set");
  in.need(")");
}

/// FETCH responses for those of `left` that changed after `since`.
Task<> tell_touched(Session& session, UidSet left, ModSeq since) {
  FlagReport report;
  report.uid = true;
  report.modseq = true;
  RowReader reader(session, std::move(left), Want::flags);
  for (;;) {
    const std::vector<MessageRow> rows = co_await reader.next();
    if (rows.empty()) co_return;
    co_await session.learn_keywords(flags_in(rows));
    for (const MessageRow& row : rows) {
      const auto sequence = session.view->sequence_of(row.uid);
      if (!sequence || row.modseq <= since) continue;
      tell_flags(session, *sequence, {row.uid, row.flags, row.modseq}, report);
      co_await session.give_way();
    }
  }
}

}  // namespace

Resync parse_resync(Cursor& in) {
  Resync resync;
  in.need("(");
  resync.uid_validity = in.nz_number();
  in.sp();
  resync.since = in.mod_sequence_value();
  bool match = in.take(" (");
  if (!match && in.take(" ")) {
    resync.known = parse_known_uids(in);
    match = in.take(" (");
  }
  if (match) parse_match(in, resync);
  in.need(")");
  return resync;
}

Task<Missed> missed_since(Session& session, ModSeq since) {
  Missed missed;
  for (bool more = true; more;) {
    const MailboxChanges changes = co_await session.store().changes_since(session.view->mailbox(), since);
    UidSet changed;
    for (const FlagState& state : changes.changed) changed.add(state.uid);
    missed.touched.add(changed);
    missed.touched.add(changes.added);
    missed.expunged.add(changes.expunged);
    since = changes.highest_modseq;
    more = changes.more;
  }
  co_return missed;
}

UidSet vanished_among(const View& view, const Missed& missed, const UidSet& known) {
  UidSet vanished = missed.expunged.intersect(known);
  vanished.remove(view.uids());
  return vanished;
}

Task<> resync(Session& session, const Resync& resync) {
  const View& view = *session.view;
  // Another mailbox than the client remembers: nothing it says means anything here.
  if (resync.uid_validity != view.uid_validity()) co_return;
  const Missed missed = co_await missed_since(session, resync.since);
  UidSet known(1, std::numeric_limits<Uid>::max());
  if (resync.known) known = view.named(*resync.known);
  const UidSet vanished = vanished_among(view, missed, known);
  const UidSet unknown = vanished.after(view.known_up_to(resync.match_numbers, resync.match_uids));
  co_await tell_vanished(session, unknown, true);
  UidSet touched = missed.touched.intersect(known);
  co_await tell_touched(session, std::move(touched), resync.since);
}

}  // namespace postroom::imap
