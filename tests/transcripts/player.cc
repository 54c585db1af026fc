// Plays transcripts: sends, settles, compares.
#include "tests/transcripts/player.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace postroom::testing {
namespace {

/// Thrown by fail(), caught by play().
struct Mismatch {
  std::string what;
};

// After these the client has to wait before it may go on (RFC 5321 4.3.2, RFC 4954 4, RFC 3501 7.5).
bool is_go_ahead(std::string_view line) {
  return line == "+" || line.starts_with("+ ") || line.starts_with("+{SP}") || line.starts_with("334") ||
         line.starts_with("354");
}

// After these too (RFC 3207 4, RFC 2595 4, RFC 4978 3).
bool changes_stream(std::string_view line) {
  const std::string text = upper(line);
  return text.ends_with("STARTTLS") || text.ends_with("STLS") || text.ends_with("COMPRESS DEFLATE");
}

std::string arrow(char who, const std::string& name) {
  return std::string(1, who) + (name.empty() ? "" : " " + name) + ": ";
}

}  // namespace

Player::Player(const Script& script, Mode mode)
    : script_(script),
      mode_(mode),
      endpoint_(make_endpoint()),
      world_(*endpoint_, static_cast<std::uint64_t>(mode)) {}

Player::~Player() { world_.stop(); }

std::string Player::play() {
  std::size_t line = 0;
  try {
    for (std::size_t index = 0; index < script_.steps.size(); ++index) {
      line = script_.steps[index].line;
      step(index);
    }
    finish();
  } catch (const Mismatch& mismatch) {
    return log_ + "--- line " + std::to_string(line) + ": " + mismatch.what + "\n";
  } catch (const BadScript& error) {
    return log_ + "--- line " + std::to_string(line) + " of the transcript is wrong: " + error.what() + "\n";
  }
  return {};
}

void Player::step(std::size_t index) {
  const Step& step = script_.steps[index];
  switch (step.kind) {
    case Step::Kind::client: return send(index);
    case Step::Kind::server:
    case Step::Kind::skip: return expect(index);
    case Step::Kind::directive: return directive(step);
  }
}

void Player::send(std::size_t index) {
  const std::string& name = script_.steps[index].connection;
  Connection& here = connection(name);
  if (index < here.sent_until) return;
  expect_silence(name);
  here.sent_until = mode_ == Mode::pipelined ? end_of_pipeline(index) : index + 1;
  std::string bytes;
  for (std::size_t at = index; at < here.sent_until; ++at) {
    const Step& step = script_.steps[at];
    if (step.kind != Step::Kind::client) continue;
    log_ += arrow('C', name) + step.text + "\n";
    bytes += expand(step.text, captures_) + (step.ends_line ? "\r\n" : "");
  }
  say(name, bytes);
}

std::size_t Player::end_of_pipeline(std::size_t index) const {
  const auto& steps = script_.steps;
  const std::string& name = steps[index].connection;
  std::size_t end = index + 1;
  bool wait = changes_stream(steps[index].text);
  for (std::size_t at = index + 1; at < steps.size() && !wait; ++at) {
    const Step& step = steps[at];
    if (step.kind == Step::Kind::directive || step.connection != name) break;
    if (step.kind == Step::Kind::client) {
      if (needs_capture(step.text, captures_)) break;
      wait = changes_stream(step.text);
      end = at + 1;
    } else if (step.kind == Step::Kind::skip) {
      if (at + 1 == steps.size() || steps[at + 1].kind != Step::Kind::server) break;
    } else if (is_go_ahead(step.text)) {
      break;
    }
  }
  return end;
}

void Player::expect(std::size_t index) {
  const Step& step = script_.steps[index];
  Connection& here = connection(step.connection);
  here.greeted = true;
  if (step.kind == Step::Kind::server) {
    const auto line = peek_line(here);
    if (!line) fail("expected S: " + step.text + "\n             and nothing came");
    if (!match(step.text, *line, captures_))
      fail("expected S: " + step.text + "\n             came  S: " + show(*line));
    take_line(here);
    log_ += arrow('S', step.connection) + show(*line) + "\n";
    return;
  }
  const bool until_match = index + 1 < script_.steps.size() &&
                           script_.steps[index + 1].kind == Step::Kind::server &&
                           script_.steps[index + 1].connection == step.connection;
  if (until_match) return take_until(step.connection, script_.steps[index + 1].text);
  while (peek_line(here)) log_ += arrow('S', step.connection) + show(take_line(here)) + "\n";
}

void Player::take_until(const std::string& name, std::string_view pattern) {
  Connection& here = connection(name);
  for (;;) {
    const auto line = peek_line(here);
    if (!line) fail("expected S: ... " + std::string(pattern) + "\n             and no such line came");
    if (match(pattern, *line, captures_)) return;
    log_ += arrow('S', name) + show(take_line(here)) + "\n";
  }
}

void Player::directive(const Step& step) {
  log_ += step.text + "\n";
  const auto& words = step.words;
  if (words[0] == "login") {
    if (words.size() < 2) throw BadScript("login whom?");
    return login(words[1], words.size() > 2 ? words[2] : "");
  }
  if (transport_directive(step)) return;
  std::string body;
  for (const std::string& line : step.body) body += expand(line, captures_) + "\r\n";
  if (!world_.directive(words, body)) throw BadScript("there is no directive " + words[0]);
}

bool Player::transport_directive(const Step& step) {
  const std::string& verb = step.words[0];
  const bool stop_reading = verb == "stop_reading";
  static constexpr std::array<std::string_view, 7> kVerbs{"greeting", "hello", "eof",         "reset",
                                                          "closed",   "open",  "stop_reading"};
  if (std::find(kVerbs.begin(), kVerbs.end(), verb) == kVerbs.end()) return false;
  const std::size_t at = stop_reading ? 2 : 1;
  const std::string name = step.words.size() > at ? step.words[at] : "";
  Connection& here = connection(name);
  if (verb == "greeting") {
    greet(name);
  } else if (verb == "hello") {
    hello(name);
  } else if (verb == "eof") {
    here.wire.closed = true;
    here.wire.poke();
  } else if (verb == "reset") {
    if (here.wire.stream) here.wire.stream->abort();
  } else if (verb == "closed") {
    if (!here.wire.finished) fail("expected the connection to be closed");
  } else if (verb == "open") {
    if (here.wire.finished) fail("expected the connection to be open");
  } else if (stop_reading) {
    if (step.words.size() < 2) throw BadScript("stop_reading COUNT or stop_reading no");
    here.wire.send_room = parse_number(step.words[1]).value_or(~std::size_t{0});
    here.wire.poke();
  }
  world_.runtime().settle();
  return true;
}

void Player::greet(const std::string& name) {
  Connection& here = connection(name);
  if (!peek_line(here)) fail("no greeting came");
  log_ += arrow('S', name) + show(take_line(here)) + "\n";
  here.greeted = true;
}

void Player::hello(const std::string& name) {
  if (!connection(name).greeted) greet(name);
  talk(name, endpoint_->hello());
}

void Player::login(const std::string& user, const std::string& name) {
  const User& account = world_.user(user);
  if (!connection(name).greeted) hello(name);
  talk(name, endpoint_->login(account));
}

void Player::talk(const std::string& name, const std::vector<Exchange>& exchanges) {
  for (const Exchange& exchange : exchanges) {
    log_ += arrow('C', name) + exchange.say + "\n";
    say(name, exchange.say + "\r\n");
    take_until(name, exchange.until);
    log_ += arrow('S', name) + show(take_line(connection(name))) + "\n";
  }
}

Player::Connection& Player::connection(const std::string& name) {
  const auto [found, is_new] = connections_.try_emplace(name);
  if (is_new) {
    if (mode_ == Mode::bytes) found->second.wire.chunk = 1;
    world_.connect(found->second.wire);
    world_.runtime().settle();
  }
  return found->second;
}

void Player::say(const std::string& name, const std::string& bytes) {
  Connection& here = connection(name);
  here.wire.to_server += bytes;
  here.wire.poke();
  world_.runtime().settle();
}

std::optional<std::string> Player::peek_line(Connection& here) const {
  const std::string& output = here.wire.to_client;
  if (output.empty()) return std::nullopt;
  return output.substr(0, output.find("\r\n"));
}

std::string Player::take_line(Connection& here) {
  std::string& output = here.wire.to_client;
  const std::size_t end = output.find("\r\n");
  if (end == std::string::npos) fail("expected a whole line, and came without CRLF: " + show(output));
  std::string line = output.substr(0, end);
  output.erase(0, end + 2);
  return line;
}

void Player::expect_silence(const std::string& name) {
  Connection& here = connection(name);
  if (here.wire.to_client.empty()) return;
  std::string left;
  while (!here.wire.to_client.empty() && left.size() < 2000)
    left += "\n             " + show(take_line(here));
  fail("not expected on connection '" + name + "':" + left);
}

void Player::fail(const std::string& what) const { throw Mismatch{what}; }

void Player::finish() {
  for (auto& [name, here] : connections_) {
    expect_silence(name);
    here.wire.send_room = ~std::size_t{0};
    here.wire.closed = true;
    here.wire.poke();
  }
  world_.runtime().settle();
  if (world_.sessions() > 0) fail("a session goes on after its client closed the connection");
}

}  // namespace postroom::testing
