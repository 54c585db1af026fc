#include "protocols/smtp/client_channel.h"

#include <algorithm>

namespace postroom::smtp {

using Reason = ConnectionEnded::Reason;

Task<bool> ClientChannel::say(std::string_view bytes, TimePoint deadline, Meanwhile meanwhile) {
  if (broken_ || over_) co_return false;
  try {
    co_await write(bytes, deadline, meanwhile);
  } catch (const ConnectionEnded& ended) {
    broke(ended);
  }
  co_return bytes.empty();
}

Task<> ClientChannel::write(std::string_view& bytes, TimePoint deadline, Meanwhile meanwhile) {
  for (;;) {
    // A server that waits for us to take its replies reads nothing meanwhile.
    if (in_.room() > 0) stream_->receive(in_);
    if (meanwhile == Meanwhile::stop && heard()) co_return;
    bytes.remove_prefix(stream_->send(bytes));
    if (bytes.empty()) co_return;
    if (runtime_.now() >= deadline) throw ConnectionEnded(Reason::deadline, "the server read too slowly");
    co_await stream_->signal().wait(deadline);
  }
}

/// Is there a whole reply in what has come, or something that is none?
bool ClientChannel::heard() {
  in_.consume(parser_.feed(in_.view()));
  return parser_.state() != ReplyParser::State::more;
}

bool ClientChannel::spoke() {
  try {
    if (!over_ && in_.room() > 0) stream_->receive(in_);
  } catch (const ConnectionEnded& ended) {
    broke(ended);
  }
  return broken_ || over_ || heard();
}

Task<RemoteReply> ClientChannel::reply(std::string_view to, TimePoint deadline) {
  if (broken_) deadline = std::min(deadline, in(kLastWords));
  while (!heard() && !over_) co_await read(deadline);
  ReplyParser parser;
  std::swap(parser, parser_);
  if (parser.state() == ReplyParser::State::malformed)
    broke(ConnectionEnded(ConnectionEnded::Reason::corrupt, "the server does not speak SMTP"));
  if (parser.state() != ReplyParser::State::done) {
    abort();
    co_return RemoteReply::lost("no reply to " + std::string(to) + ": " + why_);
  }
  lines_ = parser.lines();
  const RemoteReply reply = parser.reply();
  if (reply.code == 421) closing_ = true;
  co_return reply;
}

Task<> ClientChannel::read(TimePoint deadline) {
  try {
    co_await stream_->read(in_, deadline);
  } catch (const ConnectionEnded& ended) {
    broke(ended);
    over_ = true;
  }
}

void ClientChannel::broke(const ConnectionEnded& ended) {
  if (!broken_) why_ = ended.what();
  untrusted_ = untrusted_ || ended.reason() == ConnectionEnded::Reason::untrusted;
  broken_ = true;
}

bool ClientChannel::start_tls(TlsConnector& tls) {
  in_.clear();
  parser_ = ReplyParser();
  over_ = true;  // if it throws something else
  try {
    stream_ = tls.start_tls(std::move(stream_));
    over_ = false;
  } catch (const ConnectionEnded& ended) {
    broke(ended);
    abort();
  }
  return !over_;
}

void ClientChannel::finish() noexcept {
  if (stream_) stream_->finish();
}

void ClientChannel::abort() noexcept {
  over_ = true;
  if (why_.empty()) why_ = "ended by us";
  if (stream_) stream_->abort();
}

}  // namespace postroom::smtp
