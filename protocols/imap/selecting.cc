// RFC 3501 6.3.1, RFC 9051 6.3.2: what a client is told of a mailbox before it works in it.
#include "protocols/imap/selecting.h"

#include <exception>

#include "protocols/imap/object_id.h"
#include "protocols/imap/special_use.h"
#include "protocols/imap/tell.h"

namespace postroom::imap {

namespace {

void parse_parameter(Cursor& in, Selection& selection) {
  if (in.take_word("CONDSTORE")) {
    selection.condstore = true;
  } else if (!selection.resync && in.take("QRESYNC ")) {
    selection.resync = parse_resync(in);
  } else {
    in.fail("select-param");
  }
}

}  // namespace

Selection parse_selection(Cursor& in) {
  Selection selection;
  in.sp();
  selection.mailbox = in.mailbox();
  if (in.take(" (")) {  // RFC 4466 2.1 select-params
    do parse_parameter(in, selection);
    while (in.take(" "));
    in.need(")");
  }
  return selection;
}

namespace {

/// As LIST tells them.
std::string attributes_of(const MailboxSnapshot& snapshot) {
  std::string attributes = snapshot.has_children ? "\\HasChildren" : "\\HasNoChildren";
  if (snapshot.subscribed) attributes += " \\Subscribed";
  if (snapshot.special_use != SpecialUse::none) attributes.append(" ").append(name_of(snapshot.special_use));
  return attributes;
}

void tell_first_unseen(Session& session, const MailboxSnapshot& snapshot) {
  if (!snapshot.first_unseen) return;
  const auto unseen = session.view->sequence_of(*snapshot.first_unseen);
  if (unseen) session.wire.untagged_ok("UNSEEN " + std::to_string(*unseen), "first unseen message");
}

/// After a NO nothing is selected (RFC 3501 6.3.1), also when it comes this late.
Task<> resync_or_deselect(Session& session, Resync missed) {
  std::exception_ptr fault;
  try {
    co_await resync(session, missed);
  } catch (const StoreFault&) {
    fault = std::current_exception();
  }
  if (!fault) co_return;
  session.deselect();
  std::rethrow_exception(fault);
}

}  // namespace

Task<Tagged> select_mailbox(Session& session, Selection selection, bool read_only) {
  if (selection.resync && !session.qresync) co_return bad("ENABLE QRESYNC comes first");
  // Whether the attempt succeeds or not, nothing stays selected. RFC 7162 3.2.11: what was told before is of
  // the old mailbox, what follows of the new one.
  if (session.view) session.wire.untagged_ok(name_of(Code::closed), "the old mailbox");
  session.deselect();
  std::optional<MailboxSnapshot> snapshot =
      co_await session.store().open(session.account, selection.mailbox.name, !read_only);
  if (!snapshot) co_return no(Code::nonexistent, "no such mailbox");
  session.keywords = std::move(snapshot->keywords);

  session.view =
      std::make_unique<View>(session.store().changes(), *snapshot, session.stream->signal(), read_only);
  session.state = State::selected;
  session.condstore |= selection.condstore;

  Wire& wire = session.wire;
  const View& view = *session.view;
  tell_flag_names(session);
  tell_messages(session);
  if (session.rev2) {
    tell_mailbox(session, attributes_of(*snapshot), selection.mailbox);
  } else {
    tell_first_unseen(session, *snapshot);
  }
  wire.untagged_ok("UIDVALIDITY " + std::to_string(view.uid_validity()), "UIDs are valid");
  wire.untagged_ok("UIDNEXT " + std::to_string(snapshot->status.uid_next), "next UID");
  wire.untagged_ok("HIGHESTMODSEQ " + std::to_string(snapshot->status.highest_modseq), "modseqs are kept");
  wire.untagged_ok("MAILBOXID (" + object_id(view.mailbox()) + ")", "the mailbox");  // RFC 8474 4.2
  if (selection.resync) {
    co_await resync_or_deselect(session, std::move(*selection.resync));
  }
  if (read_only) co_return ok(Code::read_only, "EXAMINE completed");
  co_return ok(Code::read_write, "SELECT completed");
}

}  // namespace postroom::imap
