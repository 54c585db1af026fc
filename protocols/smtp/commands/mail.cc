// MAIL, RFC 5321 4.1.1.2: begins a transaction. Its parameters are those of extensions/.
#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "protocols/mime/canonical.h"
#include "protocols/smtp/extension.h"
#include "protocols/smtp/session.h"

namespace postroom::smtp {
namespace {

MailArguments parse(Cursor& in) {
  MailArguments mail;
  mail.sender = in.reverse_path();
  read_parameters(in, mail);
  // RFC 6531 3.5
  if (!mail.utf8 && !is_ascii(mail.sender.address()))
    in.fail(Reply(550, "5.6.7", "Addresses beyond ASCII need SMTPUTF8"));
  return mail;
}

/// The user's address is beyond ASCII only where the client can read that (RFC 6531 3.5).
Reply not_yours(const Session& session, const MailArguments& mail) {
  std::string text = shown(mail.sender.address()) + " is not an address of yours";
  const std::string& own = session.user->address;
  if (mail.utf8 || is_ascii(own)) text += "; use " + shown(own);
  return Reply(550, "5.7.1", std::move(text));
}

/// Users send as themselves: by their own address, one with a '+', or an alias that leads to them; or as
/// nobody, which reports are sent as. Otherwise the reply (RFC 6409 6.1).
Task<std::optional<Reply>> refuse_sender(const Session& session, const MailArguments& mail) {
  if (mail.sender.null()) co_return std::nullopt;
  const std::string address = mail.sender.address();
  const Resolved found = co_await session.service.store.resolve(mime::stored_address(address));
  if (std::ranges::find(found.accounts, session.user->account) != found.accounts.end())
    co_return std::nullopt;
  log::info("smtp.sender_refused",
            {{"peer", session.peer.address}, {"user", session.user->address}, {"from", address}});
  co_return not_yours(session, mail);
}

std::optional<Reply> refuse_by_extension(const Session& session, const MailArguments& mail) {
  for (const Use& use : mail.uses) {
    if (!use.extension->refuse) continue;
    if (std::optional<Reply> refusal = use.extension->refuse(session, mail)) return refusal;
  }
  return std::nullopt;
}

Task<Reply> run(Session& session, MailArguments mail) {
  std::optional<Reply> refusal = refuse_uses(session, mail.uses);
  if (refusal) co_return *std::move(refusal);
  if (session.transaction) co_return Reply(503, "5.5.1", "There is a sender already; RSET forgets it");
  // RFC 6409 4.3
  if (session.for_submission() && !session.user) co_return Reply(530, "5.7.0", "Log in first");
  refusal = refuse_by_extension(session, mail);
  if (refusal) co_return *std::move(refusal);
  if (session.transactions >= session.options.transactions)
    co_return Reply(421, "4.7.0", "Enough for one connection, come again").then(Reply::Then::close);
  if (session.user) {
    refusal = co_await refuse_sender(session, mail);
    if (!refusal) refusal = session.refuse_by_send_limits(0);
    if (refusal) co_return *std::move(refusal);
  }
  session.begin_transaction(std::move(mail));
  co_return Reply(250, "2.1.0", "Sender ok");
}

}  // namespace

extern constinit const Command mail_command = command<&parse, &run>("MAIL", {.in_group = true});

}  // namespace postroom::smtp
