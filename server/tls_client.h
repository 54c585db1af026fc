// TLS as this server speaks it to others: whom it trusts, what is allowed, and how a plain stream becomes a
// TLS stream of which we are the client.
#pragma once

#include <memory>
#include <openssl/types.h>
#include <string>

#include "server/relay/dialer.h"

namespace postroom {

struct TlsClientOptions {
  std::string authorities;  ///< whom to trust, a PEM file; empty: the system's
};

class TlsClient {
 public:
  /// Blocks on the disk. Throws std::runtime_error with a sentence for the administrator.
  explicit TlsClient(const TlsClientOptions& options);

  /// What begins TLS with a server that has to be as `policy` says; pki and dane need at least one name. It
  /// may be used for several streams, and outlive this. The streams' reads and writes throw ConnectionEnded
  /// with a reason for people when the server is not so, or has no TLS 1.2.
  ///
  /// - nothing: whatever its certificate, even with the short keys of old (RFC 7435 3).
  /// - pki: of an authority, and for one of `names`, by subjectAltName alone and without partial wildcards
  ///   (RFC 9525 6.3).
  /// - dane: those of `tlsa` that are usable (relay/tlsa.h); with none, nobody is good enough. DANE-EE(3)
  ///   looks at no name and no date (RFC 7672 3.1.1), DANE-TA(2) at `names` and dates (RFC 7672 3.1.2).
  std::unique_ptr<TlsConnector> tls(relay::TlsPolicy policy) const;

  /// Another library's TLS trusts the same authorities, and none besides.
  void share_authorities(SSL_CTX& context) const;

 private:
  std::shared_ptr<SSL_CTX> context_;
};

}  // namespace postroom
