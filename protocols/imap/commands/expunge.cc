// EXPUNGE: RFC 3501 6.4.3; UID EXPUNGE: RFC 4315 2.1. The dispatcher tells what is gone, and the modseq that
// follows from it (RFC 7162 3.2.7, 3.2.9), even if this client never saw any of the messages.
#include <limits>

#include "protocols/imap/session.h"

namespace postroom::imap {

namespace {

struct Expunge {
  Expunge() = default;
  std::optional<SequenceSet> uids;  ///< nothing: all
};

Expunge parse(Cursor& in) {
  Expunge expunge;
  if (in.numbers() == Numbers::uid) {
    in.sp();
    expunge.uids = in.sequence_set();
  }
  return expunge;
}

Task<Tagged> run(Session& session, Expunge expunge) {
  const View& view = *session.view;
  if (view.read_only()) co_return no(Code::read_only, "the mailbox is open for reading only");
  UidSet uids(1, std::numeric_limits<Uid>::max());
  if (expunge.uids) uids = *view.resolve(*expunge.uids, Numbers::uid);
  const Expunged expunged = co_await session.store().expunge(view.mailbox(), std::move(uids), true);
  session.owes_modseq = expunged.modseq > 0;
  co_return ok("EXPUNGE completed");
}

}  // namespace

extern constinit const Command expunge_command =
    command<&parse, &run>("EXPUNGE", State::selected, {.has_uid_form = true, .capability = "UIDPLUS"});

}  // namespace postroom::imap
