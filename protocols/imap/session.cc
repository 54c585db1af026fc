// The command loop: reads a command, runs it, answers it. Every error of a session ends up here.
#include "protocols/imap/session.h"

#include <limits>

#include "base/log.h"
#include "protocols/imap/capability.h"

namespace postroom::imap {

namespace {

using Event = Framer::Event;

/// Wrong commands and wrong passwords before login until the connection ends.
constexpr unsigned kMaxMistakes = 10;
/// Commands before login until the connection ends.
constexpr unsigned kMaxEarlyCommands = 100;
/// A literal that comes unasked is dropped if it is too large (RFC 7888 4), but not for ever: RFC 3501's
/// largest.
constexpr std::uint64_t kMaxDropped = std::numeric_limits<std::uint32_t>::max();
/// For a client that is told that it was silent for too long.
constexpr Duration kGoodbye = std::chrono::seconds(10);

/// Untagged, because whoever says something that is no IMAP at all does not wait for a tag; and at once
/// before login, because it may be a web browser made to say it.
void refuse_garbage(Session& session, std::string_view text) {
  if (session.state == State::not_authenticated) {
    session.wire.bye(Code::none, text);
    session.ending = true;
  } else {
    session.wire.tagged("*", bad(text));
  }
}

/// Whoever does not log in is not listened to for ever.
void count_early(Session& session, const Tagged& reply) {
  if (session.state != State::not_authenticated || session.ending) return;
  ++session.early_commands;
  if (reply.kind != Tagged::Kind::ok) ++session.mistakes;
  if (session.mistakes < kMaxMistakes && session.early_commands < kMaxEarlyCommands) return;
  session.wire.bye(Code::none, session.mistakes < kMaxMistakes ? "too many commands" : "too many mistakes");
  session.ending = true;
}

/// RFC 7162 3.2, 6: a client that heard of a modseq before it hears of an earlier expunge would take itself
/// to know everything up to there. It is told how far it really does.
void tell_settled(Session& session, Tagged& reply) {
  if (!session.qresync || !session.view || reply.kind == Tagged::Kind::none) return;
  const View& view = *session.view;
  const bool lags = reply.kind != Tagged::Kind::bad && (view.expunges_wait() || view.behind());
  if (!lags && !session.owes_modseq) return;
  std::string code = "HIGHESTMODSEQ " + std::to_string(view.settled());
  if (reply.kind == Tagged::Kind::ok && reply.code.empty()) {
    reply.code = std::move(code);
  } else {
    session.wire.untagged_ok(code, "all is told up to here");
  }
}

/// Our own faults become an answer here and nowhere else. What was done stays done if only telling of it
/// failed.
Task<Tagged> run(Session& session, const Command& command, Cursor arguments) {
  session.keeps_numbers = command.traits.uses_sequence_numbers && arguments.numbers() == Numbers::sequence;
  session.owes_modseq = false;
  Tagged reply = no(Code::unavailable, "the server cannot do this now, try again later");
  std::string fault;
  try {
    reply = co_await command.handle(session, arguments);
    if (reply.kind == Tagged::Kind::ok || reply.kind == Tagged::Kind::no) {
      co_await session.tell_changes(!session.keeps_numbers);
    }
  } catch (const StoreFull& full) {
    fault = full.what();
    if (reply.kind == Tagged::Kind::no)
      reply = no(Code::unavailable, "the server has no room now, try again later");
  } catch (const StoreCorrupt& corrupt) {
    fault = corrupt.what();
    if (reply.kind == Tagged::Kind::no) reply = no(Code::corruption, "what is stored is damaged");
  } catch (const StoreFault& store_fault) {
    fault = store_fault.what();
  }
  if (!fault.empty()) log::error("imap.fault", {{"command", command.name}, {"cause", fault}});
  tell_settled(session, reply);
  co_return reply;
}

/// After STARTTLS's OK. What the client sent before the handshake was not protected: it is forgotten.
Task<> start_tls(Session& session) {
  session.start_tls = false;
  co_await session.flush();
  co_await session.stream->flush(session.deadline);
  session.in.clear();
  session.stream = session.service.tls->start_tls(std::move(session.stream));
  session.pass.now_uses(*session.stream);
}

/// After COMPRESS's OK. What has come behind the command is the beginning of what is compressed.
Task<> start_compression(Session& session) {
  session.start_compression = false;
  co_await session.flush();
  session.stream = session.options.compress(std::move(session.stream), session.in.view());
  session.in.clear();
  session.pass.now_uses(*session.stream);
}

/// framer.text() is a command, or begins one that reads its last literal itself.
Task<> dispatch(Session& session) {
  session.work += session.framer.text().size();
  Cursor in = session.cursor();
  const Invocation invocation = read_invocation(in);
  if (invocation.tag.empty()) {
    refuse_garbage(session, "expected a tag");
    co_return;
  }
  session.tag = invocation.tag;
  Tagged reply;
  if (!invocation.command) {
    if (session.state == State::not_authenticated && !session.speaks_imap) {
      refuse_garbage(session, "this is IMAP");
      co_return;
    }
    reply = in.error() ? syntax_error(in) : bad("no such command");
  } else if (!includes(invocation.command->states, session.state)) {
    reply = bad("not in this state");
  } else {
    session.speaks_imap = true;
    reply = co_await run(session, *invocation.command, in);
  }
  if (reply.kind != Tagged::Kind::none) session.wire.tagged(session.tag, reply);
  count_early(session, reply);
  if (session.start_tls) {
    co_await start_tls(session);
  }
  if (session.start_compression) {
    co_await start_compression(session);
  }
}

/// Asked only of a command's first two literals, the name of a mailbox and what is put there: each time the
/// command is read again.
bool streams(const Session& session) {
  if (session.framer.literals() > 1) return false;
  Cursor in = session.cursor();
  const Command* command = read_invocation(in).command;
  return command && command->traits.streams && includes(command->states, session.state) &&
         command->traits.streams(in);
}

/// The command is wrong whatever the literal will hold: it need not be sent. Looked at before the first one
/// only, since a command of many literals would be read again for each.
bool wrong_before_literal(const Session& session) {
  if (session.framer.literals() > 0) return false;
  Cursor in = session.cursor();
  const Command* command = read_invocation(in).command;
  if (!command || !includes(command->states, session.state)) return true;
  command->check(in);
  return in.error() && in.error()->at < session.framer.text().rfind('{');
}

std::size_t command_limit(const Session& session) {
  return session.state == State::not_authenticated ? Session::kCommandLimitBeforeLogin
                                                   : Session::kCommandLimit;
}

/// RFC 7888 4: a literal that is too large is refused before it comes, or else dropped as it comes.
void refuse_literal(Session& session, Announced literal) {
  Cursor in = session.cursor();
  const std::string tag(in.tag());
  if (tag.empty() || (session.state == State::not_authenticated && !literal.synchronising)) {
    refuse_garbage(session, "literal too large");
  } else {
    const Tagged reply = bad(Code::too_big, "literal too large");
    session.wire.tagged(tag, reply);
    count_early(session, reply);
  }
  if (literal.synchronising) {
    session.framer.reset();
  } else {
    session.framer.skip(literal.size);
  }
}

Task<> on_literal(Session& session) {
  const Announced literal = session.framer.literal();
  if (!literal.synchronising && literal.size > kMaxDropped) {
    session.wire.bye(Code::too_big, "literal too large");
    session.ending = true;
    co_return;
  }
  if (streams(session)) {
    session.command_open = !literal.synchronising;
    session.literal_left = literal.synchronising ? 0 : literal.size;
    co_await dispatch(session);
    if (session.command_open) {
      session.framer.skip(session.literal_left);
    } else {
      session.framer.reset();
    }
    co_return;
  }
  if (literal.synchronising && wrong_before_literal(session)) {
    co_await dispatch(session);
    session.framer.reset();
    co_return;
  }
  if (session.framer.text().size() > command_limit(session) ||
      literal.size > command_limit(session) - session.framer.text().size()) {
    refuse_literal(session, literal);
    co_return;
  }
  session.framer.accept();
  if (literal.synchronising) session.wire.continuation("go on");
}

void on_too_long(Session& session) {
  Cursor in = session.cursor();
  const std::string tag(in.tag());
  if (tag.empty() || session.state == State::not_authenticated) {
    refuse_garbage(session, "line too long");
  } else {
    session.wire.tagged(tag, bad(Code::too_big, "command too long"));
  }
  session.framer.skip_line();
}

TimePoint next_deadline(const Session& session, TimePoint begun) {
  if (session.state == State::not_authenticated) return begun + session.options.login_timeout;
  return session.runtime().now() + session.options.idle_timeout;
}

Task<> converse(Session& session) {
  const TimePoint begun = session.runtime().now();
  session.deadline = next_deadline(session, begun);
  session.wire.untagged_ok("CAPABILITY " + capabilities(session), session.service.hostname + " ready");
  while (!session.ending) {
    if (session.service.gate.draining()) {
      session.say_stopping();
      break;
    }
    const Event event = co_await session.hear(false, command_limit(session));
    if (event == Event::more) continue;
    if (event == Event::complete) {
      co_await dispatch(session);
      session.framer.reset();
    } else if (event == Event::literal) {
      co_await on_literal(session);
    } else if (event == Event::too_long) {
      on_too_long(session);
    }
    co_await session.give_way(Session::kCommandParts);
    session.deadline = next_deadline(session, begun);
  }
  co_await session.flush();
  co_await session.stream->flush(session.runtime().now() + session.options.write_timeout);
}

/// The loop of commands; why it ended, unless it came to its own end.
Task<std::optional<ConnectionEnded::Reason>> converse_to_the_end(Session& session) {
  try {
    co_await converse(session);
    co_return std::nullopt;
  } catch (const ConnectionEnded& end) {
    co_return end.reason();
  }
}

/// RFC 3501 5.4. Only if it was its turn to say something: in the middle of an answer this line would not be
/// seen as one.
Task<> say_goodbye(Session& session, std::string_view why) {
  if (!session.listening) co_return;
  session.wire.bye(Code::none, why);
  co_await session.stream->write(session.wire.view(), session.runtime().now() + kGoodbye);
}

}  // namespace

Session::Session(Connection connection, const Service& its_service, const Options& its_options)
    : service(its_service),
      options(its_options),
      peer(std::move(connection.peer)),
      stream(std::move(connection.stream)),
      pass(service.gate, *stream),
      in(kInputLimit) {}

Cursor Session::cursor() const {
  Cursor begin(framer.text());
  begin.set_utf8(utf8());
  return begin;
}

Task<> Session::flush() {
  if (wire.empty()) co_return;
  work += wire.size();
  co_await stream->write(wire.view(), runtime().now() + options.write_timeout);
  wire.clear();
}

bool Session::must_give_way(std::size_t parts) {
  work += parts * kPartWork;
  return wire.full() || work >= kTurnWork;
}

Task<> Session::give_way(std::size_t parts) {
  if (!must_give_way(parts)) co_return;
  if (wire.full()) {
    co_await flush();
  }
  if (work < kTurnWork) co_return;
  work = 0;
  co_await sleep_until(runtime(), runtime().now());
}

void Session::say_stopping() {
  wire.bye(Code::unavailable, "the server is stopping");
  ending = true;
}

/// What waits to be sent is sent when there is nothing more to read: answers to pipelined commands go
/// together.
Task<Event> Session::hear(bool line, std::size_t limit) {
  const Event event = line ? framer.next_line(in, limit) : framer.next(in, limit);
  if (event != Event::more) co_return event;
  co_await flush();
  wire.rest();
  framer.rest();
  in.shrink_if_empty();
  stream->release_buffers();
  listening = true;
  co_await stream->read(in, deadline);
  listening = false;
  co_return Event::more;  // whoever calls looks for news, which may have come with bytes, and hears again
}

Task<Event> Session::hear_line(std::size_t limit) { co_return co_await hear(true, limit); }

Task<> Session::begin_literal(Announced literal) {
  framer.reset();
  if (!literal.synchronising) co_return;
  command_open = true;
  literal_left = literal.size;
  wire.continuation("go on");
  co_await flush();
}

Task<std::string_view> Session::read_literal() {
  if (literal_left == 0) co_return std::string_view();
  while (in.empty()) {
    in.shrink_if_empty();
    stream->release_buffers();
    co_await stream->read(in, runtime().now() + options.write_timeout);
  }
  const std::string_view piece = in.view().substr(0, literal_left);
  in.consume(piece.size());
  literal_left -= piece.size();
  co_return piece;
}

Task<Event> Session::hear_rest() {
  deadline = runtime().now() + options.write_timeout;
  Event event = Event::more;
  while (event == Event::more) {
    event = co_await hear(false, kCommandLimit);
  }
  const bool waits = event == Event::literal && framer.literal().synchronising;
  command_open = event != Event::complete && !waits;
  if (event == Event::literal && !waits) literal_left = framer.literal().size;
  co_return event;
}

Task<> serve(Connection connection, const Service& service, const Options& options) {
  Session session(std::move(connection), service, options);
  try {
    const auto ended = co_await converse_to_the_end(session);
    if (ended == ConnectionEnded::Reason::deadline) {
      co_await say_goodbye(session, "nothing was said for too long");
    } else if (ended == ConnectionEnded::Reason::corrupt) {
      co_await say_goodbye(session, "what you send is not DEFLATE");
    }
  } catch (const ConnectionEnded&) {
    // It did not take the goodbye either.
  } catch (const std::exception& bug) {
    log::error("imap.bug", {{"cause", bug.what()}});
  }
  session.stream->finish();
}

}  // namespace postroom::imap
