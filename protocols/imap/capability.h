// What the server can do, as far as this client may know it now (RFC 3501 6.1.1).
#pragma once

#include <cstdint>
#include <string>

namespace postroom::imap {

struct Session;

/// "IMAP4rev1 IMAP4rev2 …": all but the word CAPABILITY.
std::string capabilities(const Session& session);

/// The size of a message that APPEND takes at most, as a number of IMAP's grammar can say it (RFC 7889 5).
std::uint64_t append_limit(const Session& session);

}  // namespace postroom::imap
