// MAIL, RFC 5321 4.1.1.2: begins a transaction. Parameters: SIZE (RFC 1870 3), BODY (RFC 1652 3), SMTPUTF8
// (RFC 6531 3.4), AUTH (RFC 4954 5), and from our users RET and ENVID (RFC 3461 4).
#include <algorithm>
#include <limits>

#include "base/log.h"
#include "base/text.h"
#include "protocols/mime/canonical.h"
#include "protocols/smtp/dsn_parameters.h"
#include "protocols/smtp/session.h"

namespace postroom::smtp {
namespace {

struct Mail {
  Mail() = default;
  Path sender;
  std::uint64_t size = 0;
  bool utf8 = false;
  MailDsn dsn;
};

// RFC 1870 3: up to 20 digits, of which not all fit in 64 bits; what doesn't is too big in any case.
void read_size(Cursor& in, const Parameter& parameter, Mail& mail) {
  const std::string_view digits = parameter.value.value_or("");
  const bool number = !digits.empty() && digits.size() <= 20 && std::ranges::all_of(digits, is_digit);
  if (!number) return in.bad_parameter("SIZE=number");
  mail.size = parse_number(digits).value_or(std::numeric_limits<std::uint64_t>::max());
}

// Both are stored as they come. BINARYMIME (RFC 3030 3) is not offered.
void read_body(Cursor& in, const Parameter& parameter, Mail&) {
  const std::string_view value = parameter.value.value_or("");
  if (!iequals(value, "7BIT") && !iequals(value, "8BITMIME")) in.bad_parameter("BODY=7BIT or BODY=8BITMIME");
}

void read_utf8(Cursor& in, const Parameter& parameter, Mail& mail) {
  if (parameter.value) in.bad_parameter("SMTPUTF8 without a value");
  mail.utf8 = true;
}

// Who first sent the message, says the client. Nobody is trusted to, so it is read and left (RFC 4954 5).
void read_auth(Cursor& in, const Parameter& parameter, Mail&) {
  if (!parameter.value) in.bad_parameter("AUTH=address");
}

void read_ret(Cursor& in, const Parameter& parameter, Mail& mail) { read_ret(in, parameter, mail.dsn); }

void read_envelope_id(Cursor& in, const Parameter& parameter, Mail& mail) {
  read_envelope_id(in, parameter, mail.dsn);
}

struct Known {
  std::string_view keyword;
  void (*read)(Cursor& in, const Parameter& parameter, Mail& mail);
};
constexpr Known kKnown[] = {{"SIZE", read_size}, {"BODY", read_body}, {"SMTPUTF8", read_utf8},
                            {"AUTH", read_auth}, {"RET", read_ret},   {"ENVID", read_envelope_id}};

void read_parameter(Cursor& in, const Parameter& parameter, Mail& mail) {
  for (const Known& known : kKnown)
    if (iequals(known.keyword, parameter.keyword)) return known.read(in, parameter, mail);
  in.unknown_parameter(parameter);
}

Mail parse(Cursor& in) {
  Mail mail;
  mail.sender = in.reverse_path();
  for (const Parameter& parameter : in.parameters()) read_parameter(in, parameter, mail);
  // RFC 6531 3.5
  if (!mail.utf8 && !is_ascii(mail.sender.address()))
    in.fail(Reply(550, "5.6.7", "Addresses beyond ASCII need SMTPUTF8"));
  return mail;
}

/// The user's address is beyond ASCII only where the client can read that (RFC 6531 3.5).
Reply not_yours(const Session& session, const Mail& mail) {
  std::string text = shown(mail.sender.address()) + " is not an address of yours";
  const std::string& own = session.user->address;
  if (mail.utf8 || is_ascii(own)) text += "; use " + shown(own);
  return Reply(550, "5.7.1", std::move(text));
}

/// Users send as themselves: by their own address, one with a '+', or an alias that leads to them; or as
/// nobody, which reports are sent as. Otherwise the reply (RFC 6409 6.1).
Task<std::optional<Reply>> refuse_sender(const Session& session, const Mail& mail) {
  if (mail.sender.null()) co_return std::nullopt;
  const std::string address = mail.sender.address();
  const Resolved found = co_await session.service.store.resolve(mime::stored_address(address));
  if (std::ranges::find(found.accounts, session.user->account) != found.accounts.end())
    co_return std::nullopt;
  log::info("smtp.sender_refused",
            {{"peer", session.peer.address}, {"user", session.user->address}, {"from", address}});
  co_return not_yours(session, mail);
}

Task<Reply> run(Session& session, Mail mail) {
  const bool dsn = mail.dsn.ret != Ret::unsaid || !mail.dsn.envelope_id.empty();
  if (dsn && !session.dsn_on_offer())
    co_return Reply(555, "5.5.4", "The parameters RET and ENVID are not known here");
  if (session.transaction) co_return Reply(503, "5.5.1", "There is a sender already; RSET forgets it");
  // RFC 6409 4.3
  if (session.for_submission() && !session.user) co_return Reply(530, "5.7.0", "Log in first");
  if (mail.size > session.options.message_size) co_return too_big(session.options);
  if (session.transactions >= session.options.transactions)
    co_return Reply(421, "4.7.0", "Enough for one connection, come again").then(Reply::Then::close);
  if (session.user) {
    std::optional<Reply> refusal = co_await refuse_sender(session, mail);
    if (!refusal) refusal = session.refuse_by_send_limits(0);
    if (refusal) co_return *std::move(refusal);
  }
  session.begin_transaction(mail.sender.address(), mail.utf8, std::move(mail.dsn));
  session.transaction->size = mail.size;
  co_return Reply(250, "2.1.0", "Sender ok");
}

}  // namespace

extern constinit const Command mail_command = command<&parse, &run>("MAIL", {.in_group = true});

}  // namespace postroom::smtp
