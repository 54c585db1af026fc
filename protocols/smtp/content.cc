// The part of a Session that brings a message's content from the connection to the store.
#include <algorithm>
#include <array>

#include "base/log.h"
#include "base/text.h"
#include "protocols/smtp/session.h"

namespace postroom::smtp {

namespace {

/// Names a message in our trace field, our log and our reply.
std::string new_id(Runtime& runtime) {
  std::array<std::byte, 10> bytes;
  runtime.random(bytes);
  return hex_encode(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

/// RFC 6531 3.4 wants SMTPUTF8 only where it is needed, and clients ask for it where it is not: many a server
/// does not have it yet.
bool needs_utf8(const Transaction& message) {
  if (!message.utf8) return false;
  if (message.content->header_beyond_ascii() || !is_ascii(message.reverse_path)) return true;
  return std::ranges::any_of(message.outside,
                             [](const OutgoingRecipient& recipient) { return !is_ascii(recipient.address); });
}

}  // namespace

Delivery Transaction::delivery() const {
  Delivery delivery(accounts);
  if (outside.empty()) return delivery;
  Outgoing& outgoing = delivery.outgoing.emplace_back();
  outgoing.id = id;
  outgoing.reverse_path = reverse_path;
  outgoing.utf8 = needs_utf8(*this);
  outgoing.recipients = outside;
  return delivery;
}

void Session::begin_transaction(std::string reverse_path, bool utf8) {
  ++transactions;
  transaction.emplace();
  transaction->id = new_id(service.runtime);
  transaction->reverse_path = std::move(reverse_path);
  transaction->utf8 = utf8;
}

std::optional<Reply> Session::refuse_content() const {
  if (!transaction) return Reply(503, "5.5.1", "Begin with MAIL");
  // RFC 2920 3.2 (3)
  if (transaction->recipients == 0) return Reply(554, "5.5.1", "There is no valid recipient");
  return std::nullopt;
}

Task<> Session::begin_content() {
  content_end_ = service.runtime.now() + options.data_time;
  transaction->content = std::make_unique<Incoming>(service, options);
  co_await transaction->content->begin(trace_fields(arrival()));
}

Arrival Session::arrival() const {
  Arrival arrival;
  arrival.client_name = hello.name;
  arrival.extended = hello.extended;
  arrival.address = peer.address;
  arrival.tls = channel_.stream().tls();
  arrival.authenticated = user.has_value();
  arrival.utf8 = transaction->utf8;
  arrival.hostname = service.hostname;
  arrival.id = transaction->id;
  arrival.reverse_path = transaction->reverse_path;
  if (transaction->recipients == 1) arrival.recipient = transaction->first_recipient;
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

Task<Reply> Session::deliver(const Transaction& message) {
  if (user && !message.content->refusal()) {
    // MAIL and RCPT have looked, but the user may have more connections.
    if (const auto refusal = refuse_by_send_limits(message.recipients)) co_return *refusal;
    send_limits_.count(user->account, message.recipients);
  }
  co_return co_await message.content->deliver(message.delivery(), message.id);
}

Task<Reply> Session::finish_transaction() {
  // The transaction is over, whatever becomes of it (RFC 5321 4.1.1.4).
  const Transaction message = *std::exchange(transaction, std::nullopt);
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
  co_return reply;
}

}  // namespace postroom::smtp
