// The life of an SMTP connection: greeting, commands one after another, goodbye.
#include "protocols/smtp/session.h"

#include <algorithm>
#include <array>

#include "base/log.h"
#include "base/text.h"
#include "protocols/sasl/exchange.h"

namespace postroom::smtp {

namespace {

// RFC 5321 4.5.3.1.4 asks for 512; every extension adds to it, AUTH= alone 500 (RFC 4954 3).
constexpr std::size_t kCommandLine = 4096;
constexpr std::size_t kMostUnsent = 16 << 10;

bool is_control(char c) { return (c >= 0 && c < ' ') || c == 0x7f; }

/// A line of SMTP begins with a letter; an empty one and blanks are only errors.
bool could_begin_command(char c) { return c == '\r' || c == '\n' || c == '\t' || (c >= ' ' && c < 0x7f); }

/// What a web browser, a scanner, or a page made to attack mail servers says first.
bool is_http(std::string_view verb) {
  static constexpr std::array<std::string_view, 9> kVerbs{"GET",    "POST",    "PUT",   "HEAD", "CONNECT",
                                                          "DELETE", "OPTIONS", "PATCH", "PRI"};
  return std::ranges::find(kVerbs, verb) != kVerbs.end();
}

Reply not_smtp() {
  return Reply(554, "5.5.1", "This is a mail server, it speaks SMTP").then(Reply::Then::close);
}

void drop_trailing_space(std::string& text) { text.erase(text.find_last_not_of(" \t") + 1); }

}  // namespace

Task<> serve(Connection connection, const Service& service, const Options& options, Port port,
             SendLimits& send_limits) {
  Session session(std::move(connection), service, options, port, send_limits);
  co_await session.run();
}

const Command* find_command(std::string_view name) {
  for (const Command* command : commands())
    if (iequals(command->name, name)) return command;
  return nullptr;
}

Session::Session(Connection connection, const Service& s, const Options& o, Port p, SendLimits& limits)
    : service(s),
      options(o),
      port(p),
      peer(connection.peer),
      send_limits_(limits),
      channel_(std::move(connection), s),
      idle_end_(s.runtime.now() + o.idle_time) {}

Task<> Session::run() {
  std::string last_word;
  try {
    co_await converse();
    co_await channel_.close(command_deadline());
    co_return;
  } catch (const MessageWithoutEnd& end) {
    log::info("smtp.ended", {{"peer", peer.address}, {"why", end.what()}});
    // RFC 5321 3.8: not without a word.
    last_word = too_big(options).bytes();
  } catch (const ConnectionEnded& end) {
    log::debug("smtp.ended", {{"peer", peer.address}, {"why", end.what()}});
    // RFC 5321 3.8
    if (end.reason() == ConnectionEnded::Reason::deadline)
      last_word = Reply(421, "4.4.2", service.hostname + " You took too long, goodbye").bytes();
  } catch (const std::exception& bug) {
    log::error("smtp.bug", {{"peer", peer.address}, {"what", bug.what()}});
  }
  channel_.close_now(last_word);
}

Task<> Session::converse() {
  // RFC 5321 4.2: the name comes first; no enhanced code here (RFC 2034 4).
  channel_.put(Reply(220, "", service.hostname + (lmtp() ? " LMTP Postroom" : " ESMTP Postroom")).bytes());
  co_await channel_.send(command_deadline());
  while (!over_) {
    const TimePoint deadline = line_deadline();
    const bool input = co_await channel_.wait(deadline);
    // A TLS handshake on a port where it isn't expected may never send a CRLF.
    if (input && commands_ == 0 && !could_begin_command(channel_.unread().front())) {
      co_await respond(not_smtp(), false);
      co_return;
    }
    std::optional<Line> line = co_await channel_.line(kCommandLine, deadline);
    if (!line) {
      Reply goodbye(421, "4.3.2", service.hostname + " is shutting down, try again later");
      co_await respond(std::move(goodbye), false);
      co_return;
    }
    co_await handle(std::move(*line));
  }
}

// Between the chunks of a message it is the message's time that runs.
TimePoint Session::line_deadline() const {
  const bool message_begun = transaction && transaction->content;
  return std::min(command_deadline(), message_begun ? content_end_ : idle_end_);
}

Task<> Session::handle(Line line) {
  ++commands_;
  ++fruitless_;
  drop_trailing_space(line.text);
  const std::string_view text = line.text;
  const std::size_t verb_end = std::min(text.find(' '), text.size());
  const Command* command = find_command(text.substr(0, verb_end));
  // RFC 2033 4.1: 500 for HELO and EHLO tells a client of SMTP that it is wrong here.
  if (command && !knows(*command)) command = nullptr;
  std::optional<Reply> reply = refuse(line, command);
  const bool refused = reply.has_value();
  if (!refused) {
    const Cursor arguments(text.substr(verb_end));
    reply = co_await dispatch(*command, arguments);
  }
  Reply answer = within_limits(*reply);
  // Not understood, so nobody knows how many bytes follow that are no commands.
  const bool lost =
      command && command->traits.content_follows && (reply->code() == 500 || reply->code() == 501);
  if (lost) answer.then(Reply::Then::close);
  const bool in_group = command && command->traits.in_group;
  co_await respond(std::move(answer), in_group);
}

// What needs no command to be refused.
std::optional<Reply> Session::refuse(const Line& line, const Command* command) const {
  // RFC 5321 4.5.3.1.9
  if (line.too_long) return Reply(500, "5.5.2", "The line is too long");
  // A bare CR or LF is no end of a line (RFC 5321 2.3.8), and nothing that a command may hold.
  if (std::ranges::any_of(line.text, is_control))
    return Reply(500, "5.5.2", "The line has control characters");
  if (!command) {
    if (is_http(line.text.substr(0, line.text.find(' ')))) return not_smtp();
    return Reply(500, "5.5.1", "There is no such command");
  }
  // RFC 3207 4. Port 25 takes mail without TLS, as that section demands.
  const bool needs_tls = for_submission() && !login_allowed(service, channel_.stream(), peer);
  if (needs_tls && !command->traits.before_tls) return Reply(530, "5.7.0", "Begin with STARTTLS");
  if (hello.name.empty() && !command->traits.before_hello)
    return Reply(503, "5.5.1", lmtp() ? "Begin with LHLO" : "Begin with EHLO");
  return std::nullopt;
}

Task<Reply> Session::dispatch(const Command& command, Cursor arguments) {
  std::string fault;
  Reply reply(451, "4.3.0", "There is a problem here, not with your mail; try again later");
  try {
    co_return co_await command.run(*this, arguments);
  } catch (const StoreFull& full) {
    fault = full.what();
    reply = Reply(452, "4.3.1", "There is no room for mail here now; try again later");
  } catch (const StoreFault& error) {
    fault = error.what();
  }
  log::error("smtp.store_fault", {{"peer", peer.address}, {"command", command.name}, {"what", fault}});
  if (transaction && transaction->content) transaction.reset();
  // What is left of a message must not be taken for commands.
  co_await skip_content();
  co_return reply;
}

Task<> Session::respond(Reply reply, bool in_group) {
  for (std::size_t due = std::exchange(replies_due_, 1); due > 0; --due) channel_.put(reply.bytes());
  if (reply.then() == Reply::Then::close) over_ = true;
  const bool may_wait = in_group && channel_.line_waiting() && channel_.unsent() < kMostUnsent;
  if (may_wait) co_return;
  co_await channel_.send(command_deadline());
  if (reply.then() != Reply::Then::start_tls) co_return;
  co_await channel_.start_tls(command_deadline());
  forget_client();
}

Task<> Session::send(Reply reply) {
  channel_.put(reply.bytes());
  co_await channel_.send(command_deadline());
}

// The reply, or another one for somebody who has tried our patience.
Reply Session::within_limits(Reply reply) {
  const int code = reply.code();
  const bool bad = code >= 500 && code <= 504 && code != 503;
  if (bad && ++bad_commands_ >= options.bad_commands)
    return Reply(421, "4.7.0", "Too many bad commands, goodbye").then(Reply::Then::close);
  if (fruitless_ >= options.fruitless_commands)
    return Reply(421, "4.7.0", "Too many commands and no mail, goodbye").then(Reply::Then::close);
  if (unknown_recipients >= options.unknown_recipients)
    return Reply(421, "4.7.0", "Too many unknown recipients, goodbye").then(Reply::Then::close);
  return reply;
}

// RFC 3207 4.2
void Session::forget_client() {
  hello = Hello();
  transaction.reset();
  user.reset();
}

Task<std::optional<Line>> Session::sasl_line() {
  const TimePoint deadline = line_deadline();
  co_return co_await channel_.line(sasl::Exchange::kLineLimit, deadline);
}

}  // namespace postroom::smtp
