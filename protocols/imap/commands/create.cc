// CREATE: RFC 3501 6.3.3; USE: RFC 6154 3; MAILBOXID: RFC 8474 4.1.
#include "protocols/imap/mailbox_name.h"
#include "protocols/imap/object_id.h"
#include "protocols/imap/special_use.h"
#include "protocols/imap/tell.h"

namespace postroom::imap {

namespace {

struct Create {
  Create() = default;
  MailboxName mailbox;
  SpecialUse use = SpecialUse::none;
  bool use_refused = false;
};

/// (USE (\Drafts)): one use that a mailbox can have, or none (RFC 6154 6).
void parse_use(Cursor& in, Create& create) {
  in.need("USE (");
  if (in.take("))")) return;
  do {
    in.need("\\");
    const auto use = find_special_use(in.atom());
    create.use_refused |= !use || create.use != SpecialUse::none;
    create.use = use.value_or(SpecialUse::none);
  } while (in.take(" "));
  in.need("))");
}

Create parse(Cursor& in) {
  Create create;
  in.sp();
  create.mailbox = in.mailbox();
  // A delimiter at the end says that children will be made, which all of ours can have.
  for (std::string* name : {&create.mailbox.name, &create.mailbox.given})
    if (name->ends_with(kDelimiter)) name->pop_back();
  if (in.take(" (")) parse_use(in, create);
  return create;
}

Task<Tagged> run(Session& session, Create create) {
  if (create.use_refused) co_return no(Code::use_attr, "a mailbox cannot have this use");
  if (!is_valid_name(create.mailbox.name)) co_return no(Code::cannot, "this cannot be a mailbox name");
  const Created created =
      co_await session.store().create_mailbox(session.account, create.mailbox.name, create.use);
  switch (created) {
    case Created::yes: break;
    case Created::exists: co_return no(Code::already_exists, "mailbox exists");
    case Created::invalid: co_return no(Code::cannot, "there can be no such mailbox");
    case Created::too_many: co_return no(Code::limit, "too many mailboxes");
  }
  const std::optional<MailboxStatus> status =
      co_await session.store().status(session.account, create.mailbox.name);
  if (!status) co_return no(Code::nonexistent, "the mailbox was deleted at once");
  tell_old_name(session, "", create.mailbox);
  co_return ok_with("MAILBOXID (" + object_id(status->id) + ")", "CREATE completed");
}

}  // namespace

extern constinit const Command create_command =
    command<&parse, &run>("CREATE", kLoggedIn, {.capability = "CREATE-SPECIAL-USE"});

}  // namespace postroom::imap
