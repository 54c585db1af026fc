// RCPT, RFC 5321 4.1.1.3: one recipient of the message. Mail for other servers is taken from our own users
// only, who have logged in (RFC 6409): to everybody else we are no relay (RFC 5321 3.6.2). Its
// parameters are those of extensions/.
#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "protocols/mime/canonical.h"
#include "protocols/smtp/extension.h"
#include "protocols/smtp/forwarding.h"
#include "protocols/smtp/mailing_list.h"
#include "protocols/smtp/outside.h"
#include "protocols/smtp/session.h"

namespace postroom::smtp {
namespace {

RcptArguments parse(Cursor& in) {
  RcptArguments rcpt;
  rcpt.recipient = in.forward_path();
  rcpt.beyond_ascii = !is_ascii(rcpt.address());
  read_parameters(in, rcpt);
  return rcpt;
}

Reply not_here(const Session& session, const std::string& address, Resolved::Kind kind) {
  const std::string recipient = shown(address);
  if (kind == Resolved::Kind::unknown) return Reply(550, "5.1.1", "There is no " + recipient + " here");
  if (session.user)
    return Reply(550, "5.7.1", recipient + " is not on this server, and it does not send mail to others");
  return Reply(550, "5.7.1", "We are no relay: " + recipient + " is not on this server");
}

void log_refused(const Session& session, const std::string& recipient, const Reply& reply) {
  log::info("smtp.recipient_refused", {{"id", session.transaction->id},
                                       {"peer", session.peer.address},
                                       {"from", session.transaction->reverse_path},
                                       {"to", recipient},
                                       {"reply", std::to_string(reply.code()) + " " + reply.status()}});
}

/// Is there room by the quota of one of the accounts at least, as far as is known now? An alias is not closed
/// to all its accounts by one that is full, and a message under way is not lost: Store::deliver().
bool has_room(const Transaction& transaction, const Resolved& found) {
  return found.room >= std::max<std::uint64_t>(transaction.size, 1);
}

/// RFC 5321 4.5.3.1.10
Reply too_many() { return Reply(452, "4.5.3", "Too many recipients; send the rest another copy"); }

/// In LMTP a recipient is remembered with all its accounts, also with those that others have led to.
bool can_be_remembered(const Transaction& transaction, const Resolved& found, std::size_t most) {
  return transaction.apart.empty() || transaction.answered_for() + found.accounts.size() <= most;
}

/// One alias may lead to many, and the store delivers to all of a message's at once, while others wait. The
/// first recipient is taken in any case: it would be refused in each further copy, too.
bool has_place(const Transaction& transaction, const Resolved& found, std::size_t most) {
  std::size_t more = 0;
  for (const AccountId account : found.accounts)
    if (std::ranges::find(transaction.accounts, account) == transaction.accounts.end()) ++more;
  for (const std::string& address : found.outside)
    if (std::ranges::find(transaction.forwarded, address, &OutgoingRecipient::address) ==
        transaction.forwarded.end())
      ++more;
  return more == 0 || transaction.destinations() == 0 || transaction.destinations() + more <= most;
}

/// The report is about the address as the sender wrote it, also when that is an alias: where it leads is not
/// the sender's business (RFC 3461 5.2.7.4), only that it leads further where it does (RFC 3461 5.2.7.3 (c)).
/// None is sent to nobody (RFC 3461 5.2).
void tell_of_delivery(Transaction& transaction, const RcptArguments& rcpt, const Resolved& found) {
  if (!rcpt.dsn.notify.success || transaction.reverse_path.empty()) return;
  const std::string address = rcpt.address();
  if (std::ranges::find(transaction.told_of, address, &ReportedRecipient::address) !=
      transaction.told_of.end())
    return;
  ReportedRecipient& recipient = transaction.told_of.emplace_back();
  recipient.address = address;
  recipient.dsn = rcpt.dsn;
  recipient.action =
      found.outside.empty() ? ReportedRecipient::Action::delivered : ReportedRecipient::Action::expanded;
}

/// Lists of one message, each of which has a content of its own. One address leads to no more (resolve()).
constexpr std::size_t kMostLists = 20;

bool leads_outside(const Resolved& found) {
  const auto has_outside = [](const MailingList& list) { return !list.outside.empty(); };
  return !found.outside.empty() || std::ranges::any_of(found.lists, has_outside);
}

std::optional<Reply> take_lists(Session& session, const Resolved& found) {
  std::vector<MailingList>& lists = session.transaction->lists;
  if (!lists.empty() && lists.size() + found.lists.size() > kMostLists) return too_many();
  for (const MailingList& list : found.lists) {
    if (std::ranges::find(lists, list.address, &MailingList::address) == lists.end()) lists.push_back(list);
  }
  return std::nullopt;
}

/// A list writes fields into what it sends, at once, to those who are its members.
std::optional<Reply> refuse_for_lists(const Transaction& transaction) {
  if (transaction.binary) return Reply(554, "5.6.3", "Lists take no BODY=BINARYMIME");
  if (transaction.release != WallTime{})
    return Reply(554, "5.3.3", "Lists do not wait: send it without HOLDFOR");
  return std::nullopt;
}

/// Lists are for their members, unless they are for anyone. What nobody sends is no message for them, and
/// goes to the owners; so does what there are no members for.
Task<std::optional<Reply>> look_at_lists(const Session& session, Resolved& found) {
  if (const auto refusal = refuse_for_lists(*session.transaction)) co_return *refusal;
  const std::string& address = session.transaction->reverse_path;
  if (address.empty() || without_members(found.lists)) {
    lead_to_owners(found);
    co_return std::nullopt;
  }
  Resolved sender = co_await session.service.store.resolve(mime::stored_address(address));
  if (session.user) sender.accounts.push_back(session.user->account);
  if (may_write(found.lists, address, sender)) co_return std::nullopt;
  co_return Reply(550, "5.7.2", shown(found.lists.front().post_to) + " takes mail from its members only");
}

/// For the same, when the message is released: where the address leads to is looked up then.
void take_later(Transaction& transaction, const RcptArguments& rcpt, const std::string& hostname) {
  std::string address = mime::stored_address(rcpt.address());
  if (address.find('@') == std::string::npos) address += "@" + hostname;  // "postmaster"
  const auto same = std::ranges::find(transaction.later, address, &OutgoingRecipient::address);
  if (same == transaction.later.end()) transaction.later.emplace_back(address).dsn = rcpt.dsn;
}

/// Why a recipient of this server is not taken; nothing: it is.
std::optional<Reply> take_here(Session& session, const RcptArguments& rcpt, const Resolved& found,
                               WallTime now) {
  if (found.kind == Resolved::Kind::unknown) ++session.unknown_recipients;
  if (found.kind != Resolved::Kind::mailbox) return not_here(session, rcpt.address(), found.kind);
  if (!has_room(*session.transaction, found)) return mailbox_full();
  if (!has_place(*session.transaction, found, session.options.recipients) ||
      !can_be_remembered(*session.transaction, found, session.options.recipients))
    return too_many();
  if (session.transaction->release != WallTime{}) {
    take_later(*session.transaction, rcpt, session.service.hostname);
    return std::nullopt;
  }
  // Before anything of it is added to the message.
  if (!session.options.relay && leads_outside(found)) return sending_is_off();
  if (auto refusal = take_lists(session, found)) return refusal;
  if (!found.outside.empty()) {
    auto refusal = forward(*session.transaction, rcpt.address(), rcpt.dsn, found, session.service.hostname,
                           session.options, now);
    if (refusal) return refusal;
  }
  const bool further = !found.outside.empty() || !found.lists.empty();
  if (session.lmtp()) session.transaction->apart.push_back({found.accounts, further});
  session.transaction->add_accounts(rcpt.address(), found.accounts);
  tell_of_delivery(*session.transaction, rcpt, found);
  return std::nullopt;
}

/// The same of a recipient of another server.
std::optional<Reply> take_outside(Session& session, const RcptArguments& rcpt) {
  const std::optional<std::string> address = outside_address(rcpt.recipient);
  // RFC 6409 4.2
  if (!address)
    return Reply(554, "5.1.2", shown(rcpt.address()) + " has no full domain, as example.org would be");
  Transaction& transaction = *session.transaction;
  if (std::ranges::find(transaction.outside, *address, &OutgoingRecipient::address) !=
      transaction.outside.end())
    return std::nullopt;
  if (transaction.destinations() >= session.options.recipients) return too_many();
  transaction.outside.emplace_back(*address).dsn = rcpt.dsn;
  return std::nullopt;
}

Task<Reply> run(Session& session, RcptArguments rcpt) {
  std::optional<Reply> refusal = refuse_uses(session, rcpt.uses);
  if (refusal) co_return *std::move(refusal);
  if (!session.transaction) co_return Reply(503, "5.5.1", "Begin with MAIL");
  if (session.transaction->content) co_return Reply(503, "5.5.1", "Too late, the message has begun");
  const std::string recipient = rcpt.address();
  // RFC 6531 3.5, RFC 6533 3
  if (!session.transaction->utf8 && rcpt.beyond_ascii)
    co_return Reply(553, "5.6.7", "Addresses beyond ASCII need SMTPUTF8");
  Transaction& transaction = *session.transaction;
  if (transaction.recipients >= session.options.recipients) co_return too_many();
  const WallTime now = session.service.runtime.wall_now();
  Resolved found = co_await look_up(session.service.store, recipient, session.service.hostname);
  if (found.kind == Resolved::Kind::unknown && transaction.reverse_path.empty()) {
    const auto returned =
        co_await look_up_returned(session.service.store, recipient, session.options.srs_secret, now);
    if (returned) found = *returned;
  }
  const bool outside = found.kind == Resolved::Kind::not_local && session.may_send_outside();
  refusal = session.refuse_by_send_limits(transaction.recipients + 1);
  const bool to_lists = !refusal && !found.lists.empty();
  if (to_lists) {
    refusal = co_await look_at_lists(session, found);
    // Strangers may look for addresses here, too.
    if (refusal && !session.user) ++session.unknown_recipients;
  }
  if (!refusal) refusal = outside ? take_outside(session, rcpt) : take_here(session, rcpt, found, now);
  if (refusal) {
    log_refused(session, recipient, *refusal);
    co_return *refusal;
  }
  if (transaction.recipients++ == 0) transaction.first_recipient = recipient;
  co_return Reply(250, "2.1.5", "Recipient ok");
}

}  // namespace

extern constinit const Command rcpt_command = command<&parse, &run>("RCPT", {.in_group = true});

}  // namespace postroom::smtp
