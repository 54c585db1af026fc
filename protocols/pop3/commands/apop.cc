// APOP, RFC 1939 7: a login that does not show the secret, also without TLS.
#include "protocols/pop3/session.h"

namespace postroom::pop3 {
namespace {

struct Apop {
  Apop() = default;
  std::string name;
  std::string digest;
};

Apop parse(Cursor& in) {
  Apop apop;
  apop.name = in.word("a user's address");
  apop.digest = in.word("a digest");
  in.end();
  return apop;
}

Task<Reply> run(Session& session, Apop apop) {
  const std::string name = apop.name;
  Login login = co_await session.service.authenticator.apop(name, session.timestamp, std::move(apop.digest));
  co_return co_await session.log_in(std::move(login), name);
}

}  // namespace

extern constinit const Command apop_command = command<&parse, &run>("APOP", State::authorization);

}  // namespace postroom::pop3
