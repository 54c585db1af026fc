// Channel bindings of a TLS connection: bytes that only its two ends have (RFC 5056 2.1).
#pragma once

#include <openssl/types.h>
#include <string>

namespace postroom {

/// "tls-exporter" (RFC 9266): key material of this connection. Empty: the handshake is not done, or it is TLS
/// 1.2, whose clients want "tls-unique" (RFC 5802 6.1), which is not safe with all of them.
std::string tls_exporter(SSL& ssl);

}  // namespace postroom
