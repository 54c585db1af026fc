// USER, RFC 1939 7: who wants to log in. Not told whether there is such a user.
#include "protocols/pop3/session.h"

namespace postroom::pop3 {
namespace {

std::string parse(Cursor& in) {
  std::string name = in.word("a user's address");
  in.end();
  return name;
}

Task<Reply> run(Session& session, std::string name) {
  // RFC 2595 2.3
  if (!session.password_allowed()) co_return Reply::error("Begin with STLS: your password would be shown");
  session.name = std::move(name);
  co_return Reply::ok("And your password?");
}

}  // namespace

extern constinit const Command user_command = command<&parse, &run>("USER", State::authorization);

}  // namespace postroom::pop3
