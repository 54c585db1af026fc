#include "server/relay/content.h"

#include "base/signal.h"
#include "protocols/smtp/trace.h"

namespace postroom::relay {

namespace {

/// Bytes of a message read at a time.
constexpr std::size_t kPiece = 64 << 10;

/// Shows all of a content to `look`, off the loop.
template <class Look>
Task<> show(Runtime& runtime, smtp::MailSource& content, Look& look) {
  for (std::uint64_t offset = 0;;) {
    const std::string piece = co_await content.read(offset);
    if (piece.empty()) co_return;
    auto job = [&] { look.feed(piece); };
    co_await perform(runtime, Lane::compute, job);
    offset += piece.size();
  }
}

}  // namespace

Task<> StoredContent::begin() {
  first_ = co_await store_.read(mail_.content, 0, kPiece);
  skipped_ = smtp::return_path_length(first_);
}

Task<std::string> StoredContent::read(std::uint64_t offset) {
  if (skipped_ + offset == mail_.size) co_return std::string();
  if (offset == 0 && first_.size() == mail_.size) co_return first_.substr(skipped_);
  std::string piece = co_await store_.read(mail_.content, skipped_ + offset, kPiece);
  const bool ends = piece.size() < kPiece;
  if (ends && skipped_ + offset + piece.size() != mail_.size) throw StoreFault("a queued message is cut off");
  co_return piece;
}

Task<std::string> ConvertedContent::read(std::uint64_t) {
  std::string changed;
  while (changed.empty() && !finished_) {
    const std::string piece = co_await from_.read(taken_);
    taken_ += piece.size();
    finished_ = piece.empty();
    auto change = [&] {
      converter_.feed(piece, changed);
      if (finished_) converter_.finish(changed);
    };
    co_await perform(runtime_, Lane::compute, change);
  }
  co_return changed;
}

smtp::OutgoingMail outgoing_mail(const QueuedMail& mail, WallTime now) {
  smtp::OutgoingMail outgoing;
  outgoing.reverse_path = mail.reverse_path;
  for (const QueuedRecipient& recipient : mail.recipients) outgoing.recipients.push_back(recipient.recipient);
  outgoing.utf8 = mail.utf8;
  outgoing.dsn = mail.dsn;
  outgoing.priority = mail.priority;
  const DeliverBy& by = mail.deliver_by;
  if (by.asked()) outgoing.by = {(by.time - now).count(), by.returns, by.traced};
  return outgoing;
}

ContentForm carried_by(const smtp::Abilities& abilities) {
  if (abilities.binary) return kAnyForm;
  return {.beyond_ascii = abilities.eight_bit};
}

Task<mime::Conversion> survey(Runtime& runtime, smtp::MailSource& content, ContentForm carried) {
  mime::StructureParser parser;
  co_await show(runtime, content, parser);
  mime::Survey survey(mime::PartIndex(parser.finish()), carried);
  co_await show(runtime, content, survey);
  co_return survey.finish();
}

smtp::RemoteReply not_converted(const mime::Conversion& conversion) {
  const std::string ability = conversion.carried.beyond_ascii ? "BINARYMIME" : "8BITMIME";
  return smtp::RemoteReply::made(554, "5.6.3",
                                 "the server does not support " + ability +
                                     ", and the message cannot be changed for it: " + conversion.refusal);
}

}  // namespace postroom::relay
