// TOP, RFC 1939 7: a message's header and the first lines of its body.
#include "protocols/pop3/session.h"

namespace postroom::pop3 {
namespace {

struct Top {
  std::uint64_t number = 0;
  std::uint64_t lines = 0;
};

Top parse(Cursor& in) {
  Top top;
  top.number = in.number("a message number");
  top.lines = in.number("a number of lines");
  in.end();
  return top;
}

Task<Reply> run(Session& session, Top top) { co_return co_await session.send_message(top.number, top.lines); }

}  // namespace

extern constinit const Command top_command = command<&parse, &run>("TOP", State::transaction);

}  // namespace postroom::pop3
