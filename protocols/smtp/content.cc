// The part of a Session that brings a message's content from the connection to the store.
#include <algorithm>
#include <set>

#include "base/log.h"
#include "base/text.h"
#include "protocols/mime/canonical.h"
#include "protocols/mime/date.h"
#include "protocols/smtp/forwarding.h"
#include "protocols/smtp/mailing_list.h"
#include "protocols/smtp/session.h"
#include "protocols/smtp/store_report.h"

namespace postroom::smtp {

namespace {

/// RFC 6531 3.4 wants SMTPUTF8 only where it is needed, and clients ask for it where it is not: many a server
/// does not have it yet. `recipients` are those of the message, or of a report about it.
template <class Recipients>
bool needs_utf8(const Transaction& message, const Recipients& recipients, const std::string& reverse_path) {
  if (!message.utf8) return false;
  if (message.content->header_beyond_ascii() || !is_ascii(reverse_path)) return true;
  return std::ranges::any_of(recipients, [](const auto& recipient) { return !is_ascii(recipient.address); });
}

/// The address, in ASCII where its local part is: servers without SMTPUTF8 know a domain by its A-labels (RFC
/// 6531 3.2).
std::string readable_by_all(Path path) {
  if (is_ascii(path.local) && !is_ascii(path.domain))
    path.domain = mime::canonical_domain(path.domain).value_or(path.domain);
  return path.address();
}

/// RFC 8689 4.1: the parameter counts before the field.
TlsDemand tls_demand(const Transaction& message) {
  if (message.require_tls) return TlsDemand::required;
  return message.content->tls_not_required() ? TlsDemand::optional : TlsDemand::usual;
}

/// The list answers for its mail by itself (RFC 3461 5.2.7.1): nothing is asked for but what failed.
Outgoing outgoing_of(const Transaction& message, const MailingList& list) {
  Outgoing outgoing;
  outgoing.id = message.id;
  outgoing.reverse_path = bounces_of(list.address);
  for (const std::string& member : list.outside) {
    Notify& notify = outgoing.recipients.emplace_back(member).dsn.notify;
    notify.said = notify.failure = true;
  }
  outgoing.utf8 = needs_utf8(message, outgoing.recipients, outgoing.reverse_path);
  outgoing.tls = tls_demand(message);
  return outgoing;
}

/// Each member gets one message, whatever leads to them; those that are addressed by themselves get that.
void add_copies(const Transaction& message, Delivery& delivery) {
  std::set<AccountId> reached(message.accounts.begin(), message.accounts.end());
  std::set<std::string> sent;
  for (const auto* outside : {&message.outside, &message.forwarded})
    for (const OutgoingRecipient& recipient : *outside) sent.insert(recipient.address);
  for (MailingList list : message.lists) {
    std::erase_if(list.accounts, [&](AccountId account) { return !reached.insert(account).second; });
    std::erase_if(list.outside, [&](const std::string& member) { return !sent.insert(member).second; });
    Delivery::Copy& copy = delivery.copies.emplace_back();
    copy.list = list.address;
    if (!list.outside.empty()) copy.outgoing.push_back(outgoing_of(message, list));
    copy.accounts = std::move(list.accounts);
  }
}

}  // namespace

Delivery Transaction::delivery() const {
  Delivery delivery(accounts);
  delivery.recipients = apart;
  const auto send = [&](const std::vector<OutgoingRecipient>& to, const std::string& under) {
    if (to.empty()) return;
    Outgoing& outgoing = delivery.outgoing.emplace_back();
    outgoing.id = id;
    outgoing.reverse_path = under;
    outgoing.utf8 = needs_utf8(*this, to, under);
    outgoing.tls = tls_demand(*this);
    outgoing.dsn = dsn;
    outgoing.release = release;
    outgoing.deliver_by = deliver_by;
    outgoing.priority = priority;
    outgoing.recipients = to;
  };
  send(outside, reverse_path);
  send(later, reverse_path);
  std::vector<OutgoingRecipient> further;
  for (const OutgoingRecipient& recipient : forwarded)
    if (std::ranges::find(outside, recipient.address, &OutgoingRecipient::address) == outside.end())
      further.push_back(recipient);
  send(further, forwarded_reverse_path);
  add_copies(*this, delivery);
  return delivery;
}

// For the trace it is noted which address led to which accounts first.
void Transaction::add_accounts(const std::string& address, const std::vector<AccountId>& more) {
  if (more.empty()) return;
  Origin::Recipient recipient;
  recipient.address = mime::stored_address(address);
  const std::size_t before = accounts.size();
  for (const AccountId account : more)
    if (std::ranges::find(accounts, account) == accounts.end()) accounts.push_back(account);
  recipient.account = more.front();
  if (before == accounts.size()) here.push_back(recipient);
  for (std::size_t i = before; i < accounts.size(); ++i) {
    recipient.account = accounts[i];
    here.push_back(recipient);
  }
}

std::size_t Transaction::answered_for() const {
  std::size_t all = 0;
  for (const Delivery::Recipient& recipient : apart) all += recipient.accounts.size();
  return all;
}

void Session::begin_transaction(MailArguments mail) {
  ++transactions;
  transaction.emplace();
  transaction->id = new_id(service.runtime);
  transaction->reverse_path = readable_by_all(std::move(mail.sender));
  transaction->utf8 = mail.utf8;
  transaction->binary = mail.binary;
  const WallTime now = service.runtime.wall_now();
  const WallTime release = mail.release(now);
  if (release > now) transaction->release = release;
  if (mail.by) transaction->deliver_by = {now + mail.by->time, mail.by->returns, mail.by->traced};
  transaction->priority = mail.priority;
  transaction->require_tls = mail.require_tls;
  transaction->dsn = std::move(mail.dsn);
  transaction->size = mail.size;
}

std::optional<Reply> Session::refuse_content() const {
  if (!transaction) return Reply(503, "5.5.1", "Begin with MAIL");
  // RFC 2920 3.2 (3); RFC 2033 4.2
  if (transaction->recipients == 0) return Reply(lmtp() ? 503 : 554, "5.5.1", "There is no valid recipient");
  return std::nullopt;
}

Task<> Session::begin_content() {
  content_end_ = service.runtime.now() + options.data_time;
  transaction->content = std::make_unique<Incoming>(service, options);
  Incoming& content = *transaction->content;
  Arrival arrived = arrival();
  if (user) content.fix_up(arrived.id + "@" + arrived.hostname, mime::format_date(arrived.time));
  if (transaction->binary) content.allow_binary();
  const bool looked_at = !transaction->told_of.empty() || !transaction->lists.empty();
  if (looked_at) content.keep_beginning(kReportedOriginal);
  co_await content.begin(trace_fields(arrived));
  for (const MailingList& list : transaction->lists) {
    arrived.reverse_path = bounces_of(list.address);
    const std::string top = trace_fields(arrived) + list_fields(list);
    co_await content.begin_copy(top);
  }
}

Arrival Session::arrival() const {
  Arrival arrival;
  arrival.client_name = hello.name;
  arrival.extended = hello.extended;
  arrival.lmtp = lmtp();
  arrival.address = peer.address;
  arrival.tls = channel_.stream().tls();
  arrival.authenticated = user.has_value();
  arrival.utf8 = transaction->utf8;
  arrival.hostname = service.hostname;
  arrival.id = transaction->id;
  arrival.reverse_path = transaction->reverse_path;
  arrival.priority = transaction->priority;
  // Beyond ASCII it would keep the message from servers without SMTPUTF8.
  const bool told = transaction->recipients == 1 && is_ascii(transaction->first_recipient);
  if (told) arrival.recipient = transaction->first_recipient;
  arrival.time = service.runtime.wall_now();
  return arrival;
}

TimePoint Session::content_deadline() const {
  return std::min(content_end_, service.runtime.now() + options.data_pause);
}

// Content without its dots, good until the next call; empty at its end.
Task<std::string_view> Session::content() {
  channel_.consume(std::exchange(taken_, 0));
  while (content_pending()) {
    const TimePoint deadline = content_deadline();
    const std::string_view input = co_await channel_.bytes(deadline);
    if (!dots_) {
      taken_ = static_cast<std::size_t>(std::min<std::uint64_t>(chunk_, input.size()));
      chunk_ -= taken_;
      co_return input.substr(0, taken_);
    }
    const DotReader::Piece piece = dots_->next(input);
    if (dots_->done()) dots_.reset();
    taken_ = piece.consumed;
    if (!piece.content.empty()) co_return piece.content;
    channel_.consume(std::exchange(taken_, 0));
  }
  co_return std::string_view();
}

Task<> Session::receive_content() {
  for (;;) {
    const std::string_view piece = co_await content();
    if (piece.empty()) co_return;
    co_await transaction->content->add(piece);
  }
}

Task<> Session::skip_content() {
  content_end_ = service.runtime.now() + options.data_time;
  for (std::uint64_t skipped = 0;;) {
    const std::string_view piece = co_await content();
    if (piece.empty()) co_return;
    skipped += piece.size();
    if (far_too_big(skipped, options)) throw MessageWithoutEnd();
  }
}

std::optional<Reply> Session::refuse_by_send_limits(std::size_t recipients) const {
  if (!user) return std::nullopt;
  std::optional<Reply> refusal = send_limits_.refuse(user->account, recipients, options);
  if (refusal)
    log::info("smtp.send_limit",
              {{"user", user->address}, {"peer", peer.address}, {"reply", refusal->text()}});
  return refusal;
}

Origin Session::origin(const Transaction& message) const {
  Origin origin;
  origin.id = message.id;
  origin.reverse_path = message.reverse_path;
  origin.user = user ? user->address : std::string();
  origin.peer = peer.address;
  origin.client = hello.name;
  origin.tls = channel_.stream().tls();
  origin.recipients = message.here;
  return origin;
}

/// The header is there: is the message one for lists' members? What is not goes to the owners, or comes round
/// and is refused (RFC 5321 6.3).
std::optional<Reply> Session::look_at_lists(Transaction& message) const {
  if (message.content->refusal()) return std::nullopt;
  const std::string& header = message.content->beginning();
  for (MailingList& list : message.lists) {
    if (!came_through(header, list.address)) continue;
    if (!list.within_another())
      return Reply(554, "5.4.6", shown(list.address) + " has sent this message to its members before");
    list.accounts.clear();
    list.outside.clear();
  }
  if (message.lists.empty() || !is_automatic_answer(header)) return std::nullopt;
  const Resolved owners = owners_of(message.lists);
  const std::string list = std::exchange(message.lists, {}).front().post_to;
  if (owners.kind != Resolved::Kind::mailbox)
    return Reply(550, "5.7.2", shown(list) + " takes no automatic answers");
  for (Delivery::Recipient& recipient : message.apart)
    if (recipient.further)
      recipient.accounts.insert(recipient.accounts.end(), owners.accounts.begin(), owners.accounts.end());
  message.add_accounts(list, owners.accounts);
  if (owners.outside.empty()) return std::nullopt;
  return forward(message, list, RecipientDsn(), owners, service.hostname, options,
                 service.runtime.wall_now());
}

Task<Reply> Session::deliver(Transaction& message) {
  if (user && !message.content->refusal()) {
    // MAIL and RCPT have looked, but the user may have more connections.
    if (const auto refusal = refuse_by_send_limits(message.recipients)) co_return *refusal;
    send_limits_.count(user->account, message.recipients);
  }
  if (const auto refusal = look_at_lists(message)) co_return *refusal;
  Incoming& content = *message.content;
  Delivery delivery = message.delivery();
  delivery.origin = origin(message);
  Reply reply = co_await content.deliver(std::move(delivery), message.id);
  // One account of several may have been removed since RCPT. Nobody knows whose, and nothing false is said.
  const bool all_reached = content.delivered().accounts == message.accounts.size();
  if (reply.positive() && all_reached && !message.told_of.empty()) {
    co_await report_delivered(message);
  }
  co_return reply;
}

/// RFC 3461 5.2.3. The report is stored behind the message, by a transaction of its own, and before the
/// reply: when we fall between the two the client has no reply, and sends both again. Only a store that fails
/// just here leaves a message without its report: the client would send it twice if it heard of that.
Task<> Session::report_delivered(const Transaction& message) {
  ReportFacts facts;
  facts.hostname = service.hostname;
  facts.to = message.reverse_path;
  facts.now = facts.arrived = service.runtime.wall_now();
  facts.envelope_id = message.dsn.envelope_id;
  facts.ret = message.dsn.ret;
  facts.utf8 = needs_utf8(message, message.told_of, message.reverse_path);
  facts.require_tls = message.require_tls;
  facts.original_headers = message.content->beginning();
  facts.recipients = message.told_of;
  std::string problem = "nobody is there to get it, or has room for it";
  try {
    const bool told =
        co_await store_report(service.runtime, service.store, std::move(facts), message.id, std::nullopt);
    if (told) co_return;
  } catch (const StoreFault& fault) {
    problem = fault.what();
  }
  log::warning("smtp.report_undeliverable",
               {{"id", message.id}, {"to", message.reverse_path}, {"what", problem}});
}

/// The store has delivered, to each recipient by itself: says so to all, and returns the last of the replies.
Reply Session::answer_each(const Transaction& message) {
  const std::vector<Delivered::Outcome>& outcomes = message.content->delivered().recipients;
  for (std::size_t i = 0; i + 1 < outcomes.size(); ++i)
    channel_.put(answer_to(outcomes[i], message.id).bytes());
  replies_due_ = 1;
  return answer_to(outcomes.back(), message.id);
}

Task<Reply> Session::finish_transaction() {
  // The transaction is over, whatever becomes of it (RFC 5321 4.1.1.4).
  Transaction message = *std::exchange(transaction, std::nullopt);
  Reply reply = co_await deliver(message);
  if (reply.positive()) {
    fruitless_ = 0;
    idle_end_ = service.runtime.now() + options.idle_time;
  }
  const std::string_view event = reply.positive() ? "smtp.accepted" : "smtp.rejected";
  log::info(event, {{"id", message.id},
                    {"peer", peer.address},
                    {"from", message.reverse_path},
                    {"recipients", message.recipients},
                    {"outside", message.outside.size()},
                    {"size", message.content->size()},
                    {"user", user ? user->address : std::string()},
                    {"reply", std::to_string(reply.code()) + " " + reply.status() + " " + reply.text()}});
  if (!message.content->delivered().recipients.empty()) co_return answer_each(message);
  co_return reply;
}

}  // namespace postroom::smtp
