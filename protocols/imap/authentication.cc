// RFC 3501 6.2.2, 6.2.3; RFC 5530 3.
#include "protocols/imap/authentication.h"

#include "base/log.h"
#include "protocols/imap/capability.h"

namespace postroom::imap {

Tagged finish_login(Session& session, const Login& login) {
  switch (login.kind) {
    case Login::Kind::accepted: break;
    case Login::Kind::refused:
      log::info("imap.login_refused", {{"peer", session.peer.address}});
      return no(Code::authentication_failed, "wrong user name or password");
    case Login::Kind::unavailable: return no(Code::unavailable, "too many logins at once, try again later");
  }
  log::info("imap.login", {{"user", login.address}, {"peer", session.peer.address}});
  session.account = login.account;
  session.state = State::authenticated;
  return ok_with("CAPABILITY " + capabilities(session), "logged in");
}

Tagged privacy_required() { return no(Code::privacy_required, "not without TLS"); }

}  // namespace postroom::imap
