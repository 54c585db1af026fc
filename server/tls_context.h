// TLS as this server speaks it: certificate, key, what is allowed, and how a plain stream becomes a TLS
// stream.
#pragma once

#include <filesystem>
#include <memory>
#include <openssl/types.h>
#include <string>

#include "base/stream.h"

namespace postroom {

using TlsContext = std::shared_ptr<SSL_CTX>;

/// Reads PEM files and says what we allow. Blocks on the disk. Throws std::runtime_error with a sentence for
/// the administrator.
TlsContext load_tls_context(const std::filesystem::path& certificate, const std::filesystem::path& key);

class TlsServer : public TlsAcceptor {
 public:
  /// For the connections to come; those that are open keep what they have.
  void use(TlsContext context) { context_ = std::move(context); }

  /// For ports with TLS from the first byte (RFC 8314 3): what has arrived already is the client's hello.
  std::unique_ptr<Stream> implicit_tls(std::unique_ptr<Stream>&& plain) const;

  /// For STARTTLS: drop_arrived(). The session has dropped its own buffer. A client's hello is not lost: it
  /// is sent after our answer to STARTTLS, which the session writes without waiting just before.
  std::unique_ptr<Stream> start_tls(std::unique_ptr<Stream>&& plain) override;

 private:
  TlsContext context_;
};

/// DATA/self-signed.pem: certificate and key for `hostname` and localhost, made at first use, and anew when
/// it has expired or was made for another hostname. Throws std::runtime_error.
std::filesystem::path self_signed_certificate(const std::filesystem::path& data, const std::string& hostname);

}  // namespace postroom
