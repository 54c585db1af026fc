// What LOGIN and AUTHENTICATE do with an answer of the Authenticator.
#pragma once

#include "protocols/imap/session.h"

namespace postroom::imap {

/// Enters the authenticated state if the login was accepted; the command's answer either way.
Tagged finish_login(Session& session, const Login& login);

/// RFC 3501 6.2.3: LOGINDISABLED says it in advance.
Tagged privacy_required();

}  // namespace postroom::imap
