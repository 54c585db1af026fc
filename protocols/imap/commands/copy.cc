// COPY: RFC 3501 6.4.7; COPYUID: RFC 4315 3.
#include "protocols/imap/copying.h"
#include "protocols/imap/quota.h"

namespace postroom::imap {

namespace {

Task<Tagged> run(Session& session, Copying copying) {
  const std::optional<UidSet> uids = session.view->resolve(copying.set, copying.numbers);
  if (!uids) co_return bad("no such message");
  const std::optional<MailboxStatus> target =
      co_await session.store().status(session.account, copying.target);
  if (!target) co_return no_target(copying.target);
  const std::optional<Copied> copied =
      co_await session.store().copy(session.view->mailbox(), *uids, target->id);
  if (!copied) co_return no_target(copying.target);
  if (copied->over_quota) co_return over_quota();
  const bool by_number = copying.numbers == Numbers::sequence && !copying.set.saved;
  if (copied->from.size() < uids->size() && by_number) {
    // The client named messages that it has not been told are gone (RFC 5530 3): none is copied (RFC
    // 3501 6.4.7).
    UidSet copies;
    for (const Uid uid : copied->to) copies.add(uid);
    co_await session.store().expunge(target->id, copies, false);
    co_return no(Code::expunge_issued, "some of the messages are gone");
  }
  if (copied->from.empty()) co_return ok("there was nothing to copy");
  co_return ok_with(copyuid(*copied), "COPY completed");
}

}  // namespace

extern constinit const Command copy_command =
    command<&parse_copying, &run>("COPY", State::selected, {.has_uid_form = true});

}  // namespace postroom::imap
