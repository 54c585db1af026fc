// RENAME: RFC 3501 6.3.5.
#include "protocols/imap/mailbox_name.h"
#include "protocols/imap/tell.h"

namespace postroom::imap {

namespace {

struct Rename {
  Rename() = default;
  MailboxName from;
  MailboxName to;
};

Rename parse(Cursor& in) {
  Rename rename;
  in.sp();
  rename.from = in.mailbox();
  in.sp();
  rename.to = in.mailbox();
  return rename;
}

Task<Tagged> run(Session& session, Rename rename) {
  const std::string& from = rename.from.name;
  const std::string& to = rename.to.name;
  if (to == "INBOX") co_return no(Code::already_exists, "mailbox exists");
  if (!is_valid_name(to)) co_return no(Code::cannot, "this cannot be a mailbox name");
  const bool into_itself = from != "INBOX" && to.starts_with(from + kDelimiter);
  if (into_itself) co_return no(Code::cannot, "a mailbox cannot become its own child");
  const Renamed renamed = co_await session.store().rename_mailbox(session.account, from, to);
  switch (renamed) {
    case Renamed::yes: break;
    case Renamed::missing: co_return no(Code::nonexistent, "no such mailbox");
    case Renamed::exists: co_return no(Code::already_exists, "mailbox exists");
    case Renamed::invalid: co_return no(Code::cannot, "there can be no such mailbox");
    case Renamed::too_many: co_return no(Code::limit, "too many mailboxes");
  }
  // RFC 9051 6.3.6: the old name as the client gave it, the new one as it is; but INBOX has not gone.
  const bool as_given = (from == "INBOX" || rename.from.given == from) && rename.to.given == to;
  if (!as_given) {
    rename.to.given = rename.from.given;
    tell_old_name(session, "", rename.to);
  }
  co_return ok("RENAME completed");
}

}  // namespace

extern constinit const Command rename_command = command<&parse, &run>("RENAME", kLoggedIn);

}  // namespace postroom::imap
