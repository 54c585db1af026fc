// MOVE: RFC 6851; also within a mailbox, where messages get new UIDs (3.3). The dispatcher tells that the
// messages are gone, after the COPYUID told here (RFC 6851 4.3).
#include "protocols/imap/copying.h"

namespace postroom::imap {

namespace {

Task<Tagged> run(Session& session, Copying copying) {
  const View& view = *session.view;
  const std::optional<UidSet> uids = view.resolve(copying.set, copying.numbers);
  if (!uids) co_return bad("no such message");
  if (view.read_only()) co_return no(Code::read_only, "the mailbox is open for reading only");
  const std::optional<MailboxStatus> target =
      co_await session.store().status(session.account, copying.target);
  if (!target) co_return no_target(copying.target);
  const std::optional<Copied> moved = co_await session.store().move(view.mailbox(), *uids, target->id);
  if (!moved) co_return no_target(copying.target);
  if (moved->from.empty()) co_return ok("there was nothing to move");
  session.wire.untagged_ok(copyuid(*moved), "moved");
  if (!moved->whole) co_return no(Code::try_create, "the mailbox was deleted before all had moved");
  co_return ok("MOVE completed");
}

}  // namespace

extern constinit const Command move_command =
    command<&parse_copying, &run>("MOVE", State::selected, {.has_uid_form = true, .capability = "MOVE"});

}  // namespace postroom::imap
