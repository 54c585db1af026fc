// RFC 3501 5.2, 7.2 to 7.4: untagged responses about changes, the client's own and others'.
#include "protocols/imap/tell.h"

#include <algorithm>
#include <bit>

namespace postroom::imap {

void tell_flags(Session& session, std::uint32_t sequence, const FlagState& state, FlagReport report) {
  Wire& wire = session.wire;
  wire.raw("* ").number(sequence).raw(" FETCH (");
  std::string_view space;
  if (report.uid) {
    wire.raw("UID ").number(state.uid);
    space = " ";
  }
  if (report.flags) {
    wire.raw(space).raw("FLAGS ").flags(state.flags, session.is_recent(state.uid), session.keywords);
    space = " ";
  }
  if (report.modseq) {
    wire.raw(space).raw("MODSEQ (").number(state.modseq).raw(")");
    session.view->reveal(state.modseq);
  }
  wire.raw(")").crlf();
}

void tell_messages(Session& session) {
  session.wire.untagged(session.view->messages(), "EXISTS");
  if (!session.rev2) session.wire.untagged(session.view->recent().size(), "RECENT");
}

void tell_mailbox(Session& session, std::string_view attributes, const MailboxName& mailbox) {
  Wire& wire = session.wire.raw("* LIST (").raw(attributes).raw(") \"/\" ").mailbox(mailbox.name);
  if (mailbox.given != mailbox.name) wire.raw(" (\"OLDNAME\" (").mailbox(mailbox.given).raw("))");
  wire.crlf();
}

void tell_old_name(Session& session, std::string_view attributes, const MailboxName& mailbox) {
  if (session.rev2 && mailbox.given != mailbox.name) tell_mailbox(session, attributes, mailbox);
}

/// In as many responses as keep each line at some kilobytes.
Task<> tell_vanished(Session& session, const UidSet& uids, bool earlier) {
  constexpr std::size_t kRuns = 512;
  const std::vector<UidSet::Run>& runs = uids.runs();
  for (std::size_t at = 0; at < runs.size();) {
    UidSet piece;
    for (const std::size_t end = std::min(at + kRuns, runs.size()); at < end; ++at)
      piece.add(runs[at].first, runs[at].last);
    session.wire.raw(earlier ? "* VANISHED (EARLIER) " : "* VANISHED ").raw(format_set(piece)).crlf();
    co_await session.give_way();
  }
}

void tell_flag_names(Session& session) {
  Flags all;
  all.bits = Flags::system;
  for (unsigned number = 0; number < session.keywords.size(); ++number) all.bits |= Flags::keyword(number);
  session.wire.raw("* FLAGS ").flags(all, false, session.keywords).crlf();
  Wire& permanent = session.wire.raw("* OK [PERMANENTFLAGS ");
  if (session.view->read_only()) {
    permanent.raw("()] nothing can be changed").crlf();
  } else {
    const bool full = session.keywords.size() >= Flags::max_keywords;
    permanent.flag_list(all, session.keywords, full ? "" : "\\*").raw("] these are kept").crlf();
  }
}

namespace {

/// As if one message after the other went: each EXPUNGE moves what follows (RFC 3501 7.4.1).
Task<> tell_expunges(Session& session) {
  if (session.qresync) {
    const UidSet gone = session.view->take_out_vanished();
    session.owes_modseq |= !gone.empty();
    co_await tell_vanished(session, gone, false);
    co_return;
  }
  const UidSet sequences = session.view->take_out_expunged();
  std::uint32_t told = 0;
  for (const UidSet::Run& run : sequences.runs()) {
    const std::uint32_t sequence = run.first - told;
    for (std::uint32_t i = run.first; i <= run.last; ++i, ++told) {
      session.wire.untagged(sequence, "EXPUNGE");
      co_await session.give_way();
    }
  }
}

/// A STORE of this session has answered its own changes. Asked by ascending UID.
class Answered {
 public:
  explicit Answered(const FlagsStored* own) : own_(own) {}
  bool contains(const FlagState& state) {
    if (!own_) return false;
    while (next_ < own_->now.size() && own_->now[next_].uid < state.uid) ++next_;
    if (next_ == own_->now.size()) return false;
    return own_->now[next_].uid == state.uid && own_->now[next_].modseq == state.modseq;
  }

 private:
  const FlagsStored* own_;
  std::size_t next_ = 0;
};

Task<> tell_changed_flags(Session& session, const std::vector<FlagState>& changed, const FlagsStored* own) {
  FlagReport report;
  report.uid = session.condstore || session.rev2;  // RFC 7162 3.2.4, RFC 9051 7.5.2
  report.modseq = session.condstore;
  SequenceWalk walk(session.view->uids());
  Answered answered(own);
  for (const FlagState& state : changed) {
    if (answered.contains(state)) continue;
    const auto sequence = walk.sequence_of(state.uid);
    if (!sequence) continue;
    tell_flags(session, *sequence, state, report);
    co_await session.give_way();
  }
}

/// Takes in and tells what the store answered.
Task<> tell(Session& session, const MailboxChanges& changes, bool expunges, const FlagsStored* own) {
  View& view = *session.view;
  Uid first_recent = 1;  // a session that only looks cannot know better (RFC 3501 2.3.2)
  if (!changes.added.empty() && !view.read_only()) {
    first_recent = co_await session.store().claim_recent(view.mailbox(), changes.added.last());
  }
  co_await session.learn_keywords(flags_in(changes.changed));
  view.take(changes, first_recent);  // nothing of the store's can fail any more
  if (expunges) {
    co_await tell_expunges(session);
  }
  if (!changes.added.empty()) tell_messages(session);
  co_await tell_changed_flags(session, changes.changed, own);
}

}  // namespace

Task<bool> Session::tell_changes(bool expunges, const FlagsStored* own) {
  bool flags = false;
  if (!view) co_return flags;
  if (view->gone()) {
    // RFC 2180 3.2: there is nothing left that this client could be told of.
    wire.bye(Code::none, "the selected mailbox was deleted");
    deselect();
    ending = true;
    co_return flags;
  }
  bool more = view->behind();
  if (!more && expunges) {
    co_await tell_expunges(*this);
  }
  while (more) {
    const MailboxChanges changes = co_await store().changes_since(view->mailbox(), view->told());
    co_await tell(*this, changes, expunges, own);
    flags = flags || !changes.changed.empty();
    more = changes.more;
  }
  co_return flags;
}

Task<> Session::learn_keywords(std::uint64_t bits) {
  const std::size_t named = Flags::first_keyword + keywords.size();
  if (static_cast<std::size_t>(std::bit_width(bits)) <= named) co_return;
  keywords = co_await store().keywords(account);
  if (view) tell_flag_names(*this);
}

void Session::enable_condstore() {
  if (condstore) return;
  condstore = true;
  if (view) wire.untagged_ok("HIGHESTMODSEQ " + std::to_string(view->settled()), "modseqs will be told");
}

void Session::deselect() {
  view.reset();
  decode_place.reset();
  if (state == State::selected) state = State::authenticated;
}

}  // namespace postroom::imap
