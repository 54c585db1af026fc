// STORE: RFC 3501 6.4.6; UNCHANGEDSINCE: RFC 7162 3.1.3.
#include <algorithm>

#include "protocols/imap/flag_names.h"
#include "protocols/imap/tell.h"

namespace postroom::imap {

namespace {

struct Storing {
  Storing() = default;
  Numbers numbers = Numbers::sequence;
  SequenceSet set;
  FlagChange::How how = FlagChange::How::replace;
  FlagNames flags;
  std::optional<ModSeq> unchanged_since;
  bool silent = false;
};

void parse_modifier(Cursor& in, Storing& store) {
  in.need("(UNCHANGEDSINCE ");
  store.unchanged_since = in.mod_sequence_valzer();
  in.need(") ");
}

/// flag-list, or flags without parentheses.
FlagNames parse_flags(Cursor& in) {
  if (in.peek() == '(') return in.flag_list();
  FlagNames flags;
  do in.flag(flags);
  while (in.take(" "));
  return flags;
}

Storing parse(Cursor& in) {
  Storing store;
  store.numbers = in.numbers();
  in.sp();
  store.set = in.sequence_set();
  in.sp();
  if (in.peek() == '(') parse_modifier(in, store);
  if (in.take("+")) {
    store.how = FlagChange::How::add;
  } else if (in.take("-")) {
    store.how = FlagChange::How::remove;
  }
  in.need("FLAGS");
  store.silent = in.take(".SILENT");
  in.sp();
  store.flags = parse_flags(in);
  return store;
}

/// Is all that is new after `before` this change? .SILENT would hide the rest of it too (RFC 3501 6.4.6).
bool alone(const FlagsStored& stored, ModSeq before) {
  if (stored.modseq > 0) return stored.modseq == before + stored.pieces;
  return std::none_of(stored.now.begin(), stored.now.end(),
                      [before](const FlagState& state) { return state.modseq > before; });
}

/// The untagged responses to what was done.
Task<> tell_stored(Session& session, const Storing& store, const FlagsStored& stored, ModSeq before,
                   bool silent) {
  FlagReport report;
  // RFC 7162 3.2.4; to an IMAP4rev2 client that has not asked (RFC 9051 7.5.2).
  const bool unasked = store.silent && session.rev2;
  report.uid = store.numbers == Numbers::uid || session.condstore || unasked;
  report.flags = !silent;
  report.modseq = session.condstore;
  SequenceWalk walk(session.view->uids());
  for (const FlagState& state : stored.now) {
    // Without a change .SILENT leaves nothing to say but, if asked for by UNCHANGEDSINCE, the modseq.
    const bool fresh = state.modseq > before && (report.flags || report.modseq);
    const bool news = !store.silent || fresh || (report.modseq && store.unchanged_since);
    const auto sequence = walk.sequence_of(state.uid);
    if (!news || !sequence) continue;
    tell_flags(session, *sequence, state, report);
    co_await session.give_way();
  }
}

/// What the messages that were refused are like now, so that the client need not ask (RFC 7162 3.1.3).
Task<> tell_refused(Session& session, UidSet left) {
  FlagReport report;
  report.uid = true;
  report.modseq = true;
  while (!left.empty()) {
    const std::vector<MessageRow> rows =
        co_await session.store().fetch(session.view->mailbox(), left, Want::flags);
    if (rows.empty()) break;
    left = left.after(rows.back().uid);
    co_await session.learn_keywords(flags_in(rows));
    for (const MessageRow& row : rows) {
      const auto sequence = session.view->sequence_of(row.uid);
      if (sequence) tell_flags(session, *sequence, {row.uid, row.flags, row.modseq}, report);
    }
    co_await session.give_way();
  }
}

std::string modified(const View& view, const Storing& store, const UidSet& refused) {
  return "MODIFIED " + format_set(store.numbers == Numbers::uid ? refused : view.sequences_of(refused));
}

Task<FlagsStored> change_flags(Session& session, const Storing& store, const UidSet& uids, Flags flags) {
  FlagChange change;
  change.how = store.how;
  change.flags = flags;
  change.unchanged_since = store.unchanged_since;
  co_return co_await session.store().store_flags(session.view->mailbox(), uids, change);
}

Tagged mailbox_gone() { return no(Code::nonexistent, "the mailbox was deleted"); }

Task<Tagged> run(Session& session, Storing store) {
  const std::optional<UidSet> uids = session.view->resolve(store.set, store.numbers);
  if (!uids) co_return bad("no such message");
  if (session.view->read_only()) co_return no(Code::read_only, "the mailbox is open for reading only");
  if (store.unchanged_since) session.enable_condstore();
  const std::optional<Flags> flags = co_await find_flags(session, std::move(store.flags));
  if (!flags) co_return too_many_keywords();

  const bool by_uid = store.numbers == Numbers::uid;
  // What others did, so that all that is new afterwards is this change.
  const bool others = co_await session.tell_changes(by_uid);
  if (!session.view) co_return mailbox_gone();
  const ModSeq before = session.view->told();
  const FlagsStored stored = co_await change_flags(session, store, *uids, *flags);
  co_await session.learn_keywords(flags_in(stored.now));
  // The client may have been told flags as they were before this change, and shall not end with them.
  const bool silent = store.silent && !others && alone(stored, before);
  co_await tell_stored(session, store, stored, before, silent);
  if (!stored.refused.empty()) {
    co_await tell_refused(session, stored.refused);
  }
  co_await session.tell_changes(by_uid, &stored);
  if (!session.view) co_return mailbox_gone();

  // RFC 2180 4.2: without .SILENT the client must learn that some are gone.
  const bool some_gone = stored.now.size() + stored.refused.size() < uids->size();
  if (!stored.refused.empty())
    co_return ok_with(modified(*session.view, store, stored.refused), "some had changed");
  if (some_gone && !by_uid && !store.set.saved && !store.silent)
    co_return no(Code::expunge_issued, "some of the messages are gone");
  co_return ok("STORE completed");
}

}  // namespace

extern constinit const Command store_command =
    command<&parse, &run>("STORE", State::selected,
                          {.uses_sequence_numbers = true, .has_uid_form = true, .capability = "CONDSTORE"});

}  // namespace postroom::imap
