// Channel bindings of a TLS connection: bytes that only its two ends have (RFC 5056 2.1).
#pragma once

#include <openssl/types.h>
#include <string>

namespace postroom {

/// "tls-exporter" (RFC 9266): key material of this connection. Empty: the
/// handshake is not done, or its secrets may be those of two connections, as before TLS 1.3 without the
/// extended master secret.
std::string tls_exporter(SSL& ssl);

/// "tls-server-end-point" (RFC 5929 4): the hash of our certificate. Empty: its signature has no hash that
/// would say which, as with Ed25519.
std::string tls_server_end_point(SSL& ssl);

}  // namespace postroom
