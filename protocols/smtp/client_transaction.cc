// One mail transaction of the client: RFC 5321 3.3, with RFC 2920 (pipelining) and RFC 2033 (LMTP).
//
// DATA is used also where CHUNKING is on offer, unless it is needed: for lines of text BDAT would save
// nothing but the dots.
#include <algorithm>
#include <span>
#include <stdexcept>
#include <utility>

#include "base/text.h"
#include "protocols/smtp/client.h"
#include "protocols/smtp/dot_writer.h"
#include "protocols/smtp/dsn_parameters.h"

namespace postroom::smtp {

namespace {

/// The most commands that are said before their replies are read. Those have room in our buffer, so that a
/// server that waits for us to take them (RFC 2920 3.1) does not wait for ever.
constexpr std::size_t kGroup = 100;
/// So much of the content is made ready at a time.
constexpr std::size_t kBlock = 16 << 10;

/// An end of line within a command would make two of it.
void require_one_line(std::string_view line) {
  if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
    throw std::logic_error("an SMTP command of several lines");
}

/// RFC 5321 4.5.3.1.10: too many recipients, as servers said it once; the same can be tried again with fewer.
/// One that does not say so may have a full mailbox, which the first recipient's cannot be mistaken for; it
/// will be the first one then.
bool too_many(const RemoteReply& reply, bool some_accepted) {
  const bool unsaid = reply.status == "5.0.0";
  return reply.code == 552 && (reply.status == "5.5.3" || (unsaid && some_accepted));
}

/// Does the server return what is not delivered in so much time?
bool keeps(const Abilities& abilities, const OutgoingMail::By& by) {
  return abilities.deliver_by && by.seconds > 0 &&
         static_cast<std::uint64_t>(by.seconds) >= abilities.deliver_by_least;
}

using Meanwhile = ClientChannel::Meanwhile;

enum class Verb : std::uint8_t { rset, mail, rcpt, data };
constexpr const char* kVerbs[] = {"RSET", "MAIL", "RCPT", "DATA"};

}  // namespace

struct Client::Step {
  Verb verb = Verb::rset;
  std::string line;
  std::size_t recipient = 0;  // of RCPT

  const char* name() const { return kVerbs[static_cast<std::size_t>(verb)]; }
};

struct Client::Attempt {
  explicit Attempt(const OutgoingMail& its_mail) : mail(its_mail), answers(its_mail.recipients.size()) {}

  /// For all recipients that have no answer yet.
  void answer_rest(const RemoteReply& reply) {
    for (auto& answer : answers)
      if (!answer) answer = reply;
  }
  /// For the first of them.
  void answer_next(const RemoteReply& reply) {
    const auto next = std::ranges::find_if(answers, [](const auto& answer) { return !answer; });
    if (next != answers.end()) *next = reply;
  }
  bool answered() const {
    return std::ranges::all_of(answers, [](const auto& answer) { return answer.has_value(); });
  }

  const OutgoingMail& mail;
  std::vector<std::optional<RemoteReply>> answers;
  bool some_accepted = false;    // recipients
  bool content_awaited = false;  // 354 was said
};

Task<std::vector<RemoteReply>> Client::send(OutgoingMail mail, MailSource& source) {
  Attempt attempt(mail);
  limit(options_.transaction_time + std::chrono::seconds(mail.size / options_.slowest));
  if (const auto refusal = refuse(mail)) attempt.answer_rest(*refusal);
  for (std::size_t i = recipients_at_once(mail); i < mail.recipients.size() && !attempt.answers[i]; ++i)
    attempt.answers[i] = RemoteReply::made(452, "4.5.3", "the server takes no more recipients at once");
  if (!attempt.answered() && channel_.spoke()) co_await hear_unasked(attempt);
  if (!attempt.answered()) co_await envelope(attempt);
  const bool someone_waits = !attempt.answered();
  if (someone_waits) co_await content(attempt, source);
  if (!someone_waits && attempt.content_awaited) co_await end_empty();
  std::vector<RemoteReply> replies;
  for (auto& answer : attempt.answers) replies.push_back(std::move(*answer));
  co_return replies;
}

/// Before the first command: the server says goodbye, or what would be taken for the answer to somebody
/// else's command.
Task<> Client::hear_unasked(Attempt& attempt) {
  RemoteReply reply = co_await channel_.reply("MAIL", within(options_.command_time));
  if (!reply.ours && reply.code != 421) reply = out_of_step("our silence", reply);
  attempt.answer_rest(reply);
}

/// What can be known without asking.
std::optional<RemoteReply> Client::refuse(const OutgoingMail& mail) const {
  if (!usable()) return RemoteReply::lost("the connection has ended");
  // RFC 8689 4.2.1, 5
  if (mail.require_tls && (tls().empty() || !abilities_.requiretls))
    return RemoteReply::made(550, "5.7.30", "REQUIRETLS is not supported by the server");
  // RFC 1870 6.1, RFC 3463 3.4
  if (abilities_.size_limit > 0 && mail.size > abilities_.size_limit)
    return RemoteReply::made(552, "5.3.4",
                             "the message is larger than the " + std::to_string(abilities_.size_limit) +
                                 " bytes that the server takes");
  // RFC 6531 3.5: 550 for the sender, 553 for a recipient
  if (mail.utf8 && !abilities_.smtputf8)
    return RemoteReply::made(is_ascii(mail.reverse_path) ? 553 : 550, "5.6.7",
                             "the server does not support SMTPUTF8");
  // RFC 2852: nobody would return it
  if (mail.by && mail.by->returns && !keeps(abilities_, *mail.by))
    return RemoteReply::made(554, "5.3.3",
                             "the server does not support DELIVERBY, in as little time as that");
  // RFC 3030 3: not under any circumstances
  if (mail.binary && !abilities_.binary)
    return RemoteReply::made(554, "5.6.3", "the server does not support BINARYMIME");
  // RFC 3463 3.7: conversion required but not supported
  if (mail.eight_bit && !mail.binary && !abilities_.eight_bit)
    return RemoteReply::made(554, "5.6.3", "the server does not support 8BITMIME");
  return std::nullopt;
}

std::string Client::mail_line(const OutgoingMail& mail) const {
  std::string line = "MAIL FROM:<" + mail.reverse_path + ">";
  if (abilities_.size && mail.size > 0) line.append(" SIZE=").append(std::to_string(mail.size));
  if (mail.binary)
    line += " BODY=BINARYMIME";
  else if (mail.eight_bit)
    line += " BODY=8BITMIME";
  if (mail.utf8) line += " SMTPUTF8";
  if (mail.require_tls) line += " REQUIRETLS";
  if (mail.by && abilities_.deliver_by)
    line += " BY=" + std::to_string(mail.by->seconds) + (mail.by->returns ? ";R" : ";N") +
            (mail.by->traced ? "T" : "");
  if (mail.priority != 0 && abilities_.priority) line += " MT-PRIORITY=" + std::to_string(mail.priority);
  if (abilities_.dsn) line += mail_parameters(mail.dsn);
  return line;
}

std::string Client::recipient_line(const OutgoingMail& mail, const OutgoingRecipient& recipient) const {
  std::string line = "RCPT TO:<" + recipient.address + ">";
  if (abilities_.dsn) line += recipient_parameters(recipient.dsn, mail.utf8);
  return line;
}

/// RFC 9422: the server says how many it takes. The others follow with another copy.
std::size_t Client::recipients_at_once(const OutgoingMail& mail) const {
  const std::uint64_t limit = abilities_.recipient_limit;
  const std::size_t all = mail.recipients.size();
  return limit == 0 ? all : static_cast<std::size_t>(std::min<std::uint64_t>(all, limit));
}

std::vector<Client::Step> Client::steps(const OutgoingMail& mail) const {
  std::vector<Step> all;
  const std::size_t most = recipients_at_once(mail);
  if (in_transaction_) all.push_back({Verb::rset, "RSET"});
  all.push_back({Verb::mail, mail_line(mail)});
  for (std::size_t i = 0; i < most; ++i)
    all.push_back({Verb::rcpt, recipient_line(mail, mail.recipients[i]), i});
  if (!mail.binary) all.push_back({Verb::data, "DATA"});
  for (const Step& step : all) require_one_line(step.line);
  return all;
}

/// All up to the answer to DATA, in groups (RFC 2920 3.1), or one by one; no further than it makes sense.
Task<> Client::envelope(Attempt& attempt) {
  const std::vector<Step> all = steps(attempt.mail);
  const std::size_t most = abilities_.pipelining ? kGroup : 1;
  for (std::size_t at = 0; at < all.size() && !attempt.answered(); at += most) {
    const auto group = std::span(all).subspan(at, std::min(most, all.size() - at));
    std::string lines;
    for (const Step& step : group) lines.append(step.line).append("\r\n");
    co_await channel_.say(lines, within(options_.command_time));
    for (const Step& step : group) {
      const RemoteReply reply = co_await channel_.reply(step.name(), within(time_for(step)));
      take(attempt, step, reply);
      if (!usable()) co_return;
    }
  }
}

Duration Client::time_for(const Step& step) const {
  if (step.verb == Verb::rcpt) return options_.recipient_time;
  return step.verb == Verb::data ? options_.data_time : options_.command_time;
}

void Client::take(Attempt& attempt, const Step& step, RemoteReply reply) {
  const bool gone = reply.ours || reply.code == 421;
  const bool in_step = step.verb == Verb::data ? !reply.positive() : !reply.intermediate();
  if (!gone && !in_step) reply = out_of_step(step.name(), reply);
  if (gone || !in_step) return attempt.answer_rest(reply);
  switch (step.verb) {
    case Verb::rset:
      if (!reply.positive()) attempt.answer_rest(out_of_step("RSET", reply));
      in_transaction_ = false;
      break;
    case Verb::mail:
      ++mails_;
      in_transaction_ = reply.positive();
      if (!reply.positive()) attempt.answer_rest(reply);
      break;
    case Verb::rcpt:
      if (too_many(reply, attempt.some_accepted)) {
        reply.code = 452;
        reply.status = "4.5.3";
      }
      attempt.some_accepted |= reply.positive();
      if (!reply.positive() && !attempt.answers[step.recipient]) attempt.answers[step.recipient] = reply;
      break;
    case Verb::data:
      attempt.content_awaited = reply.intermediate();
      if (!reply.intermediate()) attempt.answer_rest(reply);
      break;
  }
}

/// A reply that does not belong there: who knows what the next ones belong to.
RemoteReply Client::out_of_step(std::string_view verb, const RemoteReply& reply) {
  channel_.abort();
  return RemoteReply::lost("the server answered " + std::string(verb) + " by \"" + reply.shown() + "\"");
}

/// RFC 2920 3.1: DATA was said before we knew that there is no recipient. In LMTP no reply would come (RFC
/// 2033 4.2).
Task<> Client::end_empty() {
  if (options_.lmtp) {
    channel_.abort();
    co_return;
  }
  co_await command(".", "the end of an empty message", options_.end_time);
  in_transaction_ = false;
}

Task<> Client::content(Attempt& attempt, MailSource& source) {
  bool complete = false;
  try {
    if (attempt.mail.binary)
      complete = co_await transmit_binary(attempt.mail, source);
    else
      complete = co_await transmit(attempt.mail, source);
  } catch (...) {
    channel_.abort();  // before its end: nobody may take it for the whole message
    throw;
  }
  if (complete)
    co_await hear_end(attempt);
  else
    co_await hear_refusal(attempt);
}

/// True when all of it was said, its end too. False: something is to be heard, or the connection has ended.
Task<bool> Client::transmit(const OutgoingMail& mail, MailSource& source) {
  DotWriter dots;
  std::string out;  // the last of it goes together with the end, in one packet if it fits
  std::uint64_t offset = 0;
  for (;;) {
    const std::string piece = co_await source.read(offset);
    if (piece.empty()) break;
    offset += piece.size();
    for (std::string_view rest = piece; !rest.empty(); rest.remove_prefix(std::min(kBlock, rest.size()))) {
      if (out.size() >= kBlock) {
        const bool said = co_await channel_.say(out, within(options_.block_time), Meanwhile::stop);
        if (!said) co_return false;
        out.clear();
      }
      dots.feed(rest.substr(0, kBlock), out);
    }
  }
  if (offset < mail.size) throw StoreFault("a message ends before its end");
  dots.finish(out);
  co_return co_await channel_.say(out, within(options_.block_time), Meanwhile::stop);
}

/// RFC 3030 2: all of it as one chunk, whose end needs no mark.
Task<bool> Client::transmit_binary(const OutgoingMail& mail, MailSource& source) {
  std::string out = "BDAT " + std::to_string(mail.size) + " LAST\r\n";
  std::uint64_t offset = 0;
  while (offset < mail.size) {
    const std::string piece = co_await source.read(offset);
    offset += piece.size();
    if (piece.empty() || offset > mail.size) throw StoreFault("a message is not as long as it should be");
    out += piece;
    const bool said = co_await channel_.say(out, within(options_.block_time), Meanwhile::stop);
    if (!said) co_return false;
    out.clear();
  }
  co_return true;
}

/// The server talks before the message is complete, or has gone. Either way it cannot have taken it, and the
/// connection can be used no more: the end would have to be said, and would make it complete.
Task<> Client::hear_refusal(Attempt& attempt) {
  RemoteReply reply = co_await channel_.reply("the message", within(options_.block_time));
  if (reply.positive() || reply.intermediate()) reply = out_of_step("a part of the message", reply);
  attempt.answer_rest(reply);
  channel_.abort();
}

/// RFC 5321 4.1.1.4: one reply for all; RFC 2033 4.2: one for each recipient that was accepted. What was
/// slow before takes no time from these: who does not wait for them sends twice (RFC 5321 4.5.3.2.6).
Task<> Client::hear_end(Attempt& attempt) {
  limit(options_.end_time + (options_.lmtp ? options_.transaction_time : std::chrono::seconds(0)));
  while (!attempt.answered()) {
    RemoteReply reply = co_await channel_.reply("the end of the message", within(options_.end_time));
    if (reply.intermediate()) reply = out_of_step("the end of the message", reply);
    reply.unsure = reply.ours;
    if (options_.lmtp && usable())
      attempt.answer_next(reply);
    else
      attempt.answer_rest(reply);
  }
  in_transaction_ = false;
}

}  // namespace postroom::smtp
