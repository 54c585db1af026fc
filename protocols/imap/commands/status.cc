// STATUS: RFC 3501 6.3.10; STATUS=SIZE: RFC 8438.
#include "protocols/imap/status_items.h"

namespace postroom::imap {

namespace {

struct Status {
  Status() = default;
  std::string mailbox;
  StatusItems items;
};

Status parse(Cursor& in) {
  Status status;
  in.sp();
  status.mailbox = in.mailbox().name;
  in.sp();
  parse_status_items(in, status.items);
  return status;
}

Task<Tagged> run(Session& session, Status status) {
  const std::optional<MailboxStatus> found = co_await session.store().status(session.account, status.mailbox);
  if (!found) co_return no(Code::nonexistent, "no such mailbox");
  std::vector<const MailboxStatus*> only(1, &*found);
  const std::vector<std::uint64_t> recent = co_await count_recent(session, status.items, std::move(only));
  if (status.items.asks(StatusItem::highest_modseq)) session.enable_condstore();
  tell_status(session, status.mailbox, status.items, *found, recent.front());
  co_return ok("STATUS completed");
}

}  // namespace

extern constinit const Command status_command =
    command<&parse, &run>("STATUS", kLoggedIn, {.capability = "STATUS=SIZE"});

}  // namespace postroom::imap
