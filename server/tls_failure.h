// Why TLS with a peer did not come about, in words for people.
#pragma once

#include <openssl/types.h>
#include <string>

namespace postroom {

/// After a call to OpenSSL that failed: "the certificate is not for mail.example.org but for example.net".
/// Takes the errors from OpenSSL's queue. What the peer's certificate says is in it, as printable ASCII and
/// not much of it.
std::string tls_failure(SSL& ssl);

/// The peer had to show who it is, and its certificate does not.
bool is_untrusted(SSL& ssl);

}  // namespace postroom
