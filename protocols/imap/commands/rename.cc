// RENAME: RFC 3501 6.3.5.
#include "protocols/imap/mailbox_name.h"
#include "protocols/imap/session.h"

namespace postroom::imap {

namespace {

struct Rename {
  Rename() = default;
  std::string from;
  std::string to;
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
  if (rename.to == "INBOX") co_return no(Code::already_exists, "mailbox exists");
  if (!is_valid_name(rename.to)) co_return no(Code::cannot, "this cannot be a mailbox name");
  const bool into_itself = rename.from != "INBOX" && rename.to.starts_with(rename.from + kDelimiter);
  if (into_itself) co_return no(Code::cannot, "a mailbox cannot become its own child");
  const Renamed renamed =
      co_await session.store().rename_mailbox(session.account, std::move(rename.from), std::move(rename.to));
  switch (renamed) {
    case Renamed::yes: break;
    case Renamed::missing: co_return no(Code::nonexistent, "no such mailbox");
    case Renamed::exists: co_return no(Code::already_exists, "mailbox exists");
    case Renamed::invalid: co_return no(Code::cannot, "there can be no such mailbox");
  }
  co_return ok("RENAME completed");
}

}  // namespace

extern constinit const Command rename_command = command<&parse, &run>("RENAME", kLoggedIn);

}  // namespace postroom::imap
