// PASS, RFC 1939 7: the password of the user that USER named. Its spaces are part of it.
#include "protocols/pop3/session.h"

namespace postroom::pop3 {
namespace {

std::string parse(Cursor& in) { return in.rest("a password"); }

Task<Reply> run(Session& session, std::string password) {
  if (session.name.empty()) co_return Reply::error("Begin with USER");
  const std::string name = std::exchange(session.name, {});
  Login login =
      co_await session.service.authenticator.password(name, std::move(password), session.peer.origin);
  co_return co_await session.log_in(std::move(login), name);
}

}  // namespace

extern constinit const Command pass_command = command<&parse, &run>("PASS", State::authorization);

}  // namespace postroom::pop3
