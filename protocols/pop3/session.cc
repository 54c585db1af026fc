// The life of a POP3 connection: greeting, commands one after another, goodbye.
#include "protocols/pop3/session.h"

#include <algorithm>
#include <array>

#include "base/log.h"
#include "base/text.h"
#include "protocols/sasl/exchange.h"

namespace postroom::pop3 {

namespace {

// RFC 2449 4 has 255; a password alone may be longer here.
constexpr std::size_t kCommandLine = 2048;
constexpr std::size_t kMostUnsent = 16 << 10;

/// Unique among all greetings, for APOP (RFC 1939 7).
std::string new_timestamp(const Service& service) {
  std::array<std::byte, 12> bytes;
  service.runtime.random(bytes);
  const std::string_view random(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto clock = service.runtime.wall_now().time_since_epoch().count();
  return "<" + hex_encode(random) + "." + std::to_string(clock) + "@" + service.hostname + ">";
}

}  // namespace

Task<> serve(Connection connection, const Service& service, const Options& options, MaildropLocks& locks) {
  Session session(std::move(connection), service, options, locks);
  co_await session.run();
}

const Command* find_command(std::string_view name) {
  for (const Command* command : commands())
    if (iequals(command->name, name)) return command;
  return nullptr;
}

Session::Session(Connection connection, const Service& s, const Options& o, MaildropLocks& locks)
    : service(s),
      options(o),
      peer(connection.peer),
      timestamp(new_timestamp(s)),
      channel_(std::move(connection), s),
      locks_(locks),
      begun_(s.runtime.now()) {}

Task<> Session::run() {
  try {
    co_await converse();
    co_await channel_.close(write_deadline());
    co_return;
  } catch (const ConnectionEnded& end) {
    // Also the autologout of RFC 1939 3, which deletes nothing.
    log::debug("pop3.ended", {{"peer", peer.address}, {"why", end.what()}});
  } catch (const std::exception& bug) {
    log::error("pop3.bug", {{"peer", peer.address}, {"what", bug.what()}});
  }
  channel_.close_now("");
}

Task<> Session::converse() {
  channel_.put("+OK Postroom ready " + timestamp + "\r\n");
  co_await channel_.send(write_deadline());
  while (!over_) {
    const TimePoint deadline = line_deadline();
    co_await channel_.wait(deadline);
    std::optional<Line> line = co_await channel_.line(kCommandLine, deadline);
    if (!line) {
      Reply goodbye = Reply::error("[SYS/TEMP] The server is stopping, nothing was deleted; come again soon");
      goodbye.then(Reply::Then::close);
      co_await respond(std::move(goodbye));
      co_return;
    }
    co_await handle(std::move(*line));
  }
}

TimePoint Session::line_deadline() const {
  return maildrop ? service.runtime.now() + options.idle_time : begun_ + options.login_time;
}

// Before a login nothing makes a connection last longer, not even a greeting that waits for a TLS handshake.
TimePoint Session::write_deadline() const {
  const TimePoint deadline = service.runtime.now() + options.write_time;
  return maildrop ? deadline : std::min(deadline, begun_ + options.login_time);
}

Task<> Session::handle(Line line) {
  const std::string_view text = line.text;
  const std::size_t keyword_end = std::min(text.find(' '), text.size());
  const Command* const command = find_command(text.substr(0, keyword_end));
  std::optional<Reply> reply = refuse(line, command);
  const bool refused = reply.has_value();
  if (!refused) {
    const Cursor arguments(text.substr(keyword_end));
    reply = co_await dispatch(*command, arguments);
  }
  const bool too_many = !maildrop && ++early_commands_ >= options.early_commands;
  const bool too_many_bad = refused && ++bad_commands_ >= options.bad_commands;
  if (too_many || too_many_bad) reply->then(Reply::Then::close);
  co_await respond(std::move(*reply));
}

// What needs no command to be refused.
std::optional<Reply> Session::refuse(const Line& line, const Command* command) const {
  if (line.too_long) return Reply::error("The line is too long");
  // Only CRLF ends a line (RFC 1939 3).
  if (line.text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
    return Reply::error("The line has control characters");
  if (!command) return Reply::error("There is no such command");
  if (command->state == State::authorization && maildrop) return Reply::error("You are logged in already");
  if (command->state == State::transaction && !maildrop) return Reply::error("Log in first");
  return std::nullopt;
}

Task<Reply> Session::dispatch(const Command& command, Cursor arguments) {
  std::string fault;
  try {
    co_return co_await command.run(*this, arguments);
  } catch (const StoreFault& error) {
    fault = error.what();
  }
  log::error("pop3.store_fault", {{"peer", peer.address}, {"command", command.name}, {"what", fault}});
  Reply reply =
      within_lines_ ? Reply::said() : Reply::error("[SYS/TEMP] There is a problem here; try again later");
  // After a failed QUIT too: RFC 1939 6.
  if (within_lines_ || iequals(command.name, "QUIT")) reply.then(Reply::Then::close);
  co_return reply;
}

Task<> Session::respond(Reply reply) {
  channel_.put(reply.bytes());
  if (reply.then() == Reply::Then::close) over_ = true;
  // RFC 2449 6.6: what was said ahead is answered together.
  const bool may_wait =
      reply.then() == Reply::Then::go_on && channel_.line_waiting() && channel_.unsent() < kMostUnsent;
  if (may_wait) co_return;
  co_await channel_.send(write_deadline());
  if (reply.then() != Reply::Then::start_tls) co_return;
  co_await channel_.start_tls(write_deadline());
  name.clear();  // RFC 2595 4: nothing said before counts
}

Task<Reply> Session::log_in(Login login, std::string claimed) {
  if (login.kind != Login::Kind::accepted) {
    const bool refused = login.kind == Login::Kind::refused;
    if (refused) log::info("pop3.login_refused", {{"peer", peer.address}, {"user", claimed}});
    Reply reply = Reply::error(refused ? "[AUTH] Wrong address or password"
                                       : "[SYS/TEMP] Too many logins at once; try again soon");
    if (++failed_logins_ >= options.failed_logins) reply.then(Reply::Then::close);
    co_return reply;
  }
  std::optional<MaildropLocks::Lock> lock = locks_.lock(login.account);
  if (!lock) co_return Reply::error("[IN-USE] Another session has the maildrop");
  const std::optional<MailboxSnapshot> inbox = co_await service.store.open(login.account, "INBOX", false);
  if (!inbox) co_return Reply::error("[SYS/TEMP] There is no inbox");
  maildrop.emplace(std::move(*lock), *inbox);
  log::info("pop3.login", {{"peer", peer.address}, {"user", login.address}, {"messages", maildrop->count()}});
  co_return Reply::ok("Welcome, " + messages(maildrop->count()));
}

Task<std::optional<Line>> Session::sasl_line() {
  const TimePoint deadline = line_deadline();
  co_return co_await channel_.line(sasl::Exchange::kLineLimit, deadline);
}

Task<> Session::challenge(std::string text) {
  channel_.put("+ " + text + "\r\n");
  co_await channel_.send(write_deadline());
}

void Session::begin_lines(std::string_view text) {
  within_lines_ = true;
  channel_.put(Reply::ok(std::string(text)).bytes());
}

Task<> Session::put_lines(std::string_view lines) {
  channel_.put(lines);
  if (channel_.unsent() < kMostUnsent) co_return;
  co_await channel_.send(write_deadline());
  co_await channel_.give_way();
}

void Session::end_lines() {
  channel_.put(".\r\n");
  within_lines_ = false;
}

}  // namespace postroom::pop3
