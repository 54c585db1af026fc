// IDLE: RFC 2177. The session waits for its client and for the mailbox at once, on the stream's signal.
#include "base/text.h"
#include "protocols/imap/session.h"

namespace postroom::imap {

namespace {

Task<Tagged> run(Session& session) {
  session.wire.continuation("idling");
  session.framer.reset();
  session.deadline = session.runtime().now() + session.options.idle_timeout;
  for (;;) {
    co_await session.tell_changes(true);
    // Its tagged response comes after DONE and never else: who is told BYE hears nothing more.
    if (session.ending) co_return unanswered();
    const Framer::Event event = co_await session.hear_line(Session::kCommandLimit);
    if (event == Framer::Event::too_long) {
      session.wire.bye(Code::none, "expected DONE");
      session.ending = true;
      co_return unanswered();
    }
    if (event == Framer::Event::complete && !iequals(session.framer.text(), "DONE"))
      co_return bad("expected DONE");
    if (event == Framer::Event::complete) break;
    if (session.service.gate.draining()) {
      session.say_stopping();
      co_return unanswered();
    }
  }
  co_return ok("IDLE completed");
}

}  // namespace

extern constinit const Command idle_command = command<&run>("IDLE", kLoggedIn, {.capability = "IDLE"});

}  // namespace postroom::imap
