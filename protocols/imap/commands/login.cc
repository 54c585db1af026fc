// LOGIN: RFC 3501 6.2.3.
#include "protocols/imap/authentication.h"

namespace postroom::imap {

namespace {

struct LoginArguments {
  LoginArguments() = default;
  std::string user;
  std::string password;
};

LoginArguments parse(Cursor& in) {
  LoginArguments arguments;
  in.sp();
  arguments.user = in.astring();
  in.sp();
  arguments.password = in.astring();
  return arguments;
}

Task<Tagged> run(Session& session, LoginArguments arguments) {
  if (!session.login_allowed()) co_return privacy_required();
  const Login login = co_await session.service.authenticator.password(
      std::move(arguments.user), std::move(arguments.password), session.peer.origin);
  co_return finish_login(session, login);
}

}  // namespace

extern constinit const Command login_command = command<&parse, &run>("LOGIN", State::not_authenticated);

}  // namespace postroom::imap
