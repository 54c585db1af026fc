// What the server can do, as far as this client may know it now (RFC 3501 6.1.1).
#pragma once

#include <string>

namespace postroom::imap {

struct Session;

/// "IMAP4rev1 LITERAL+ …": all but the word CAPABILITY.
std::string capabilities(const Session& session);

}  // namespace postroom::imap
