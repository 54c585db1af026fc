// TLS as this server speaks it: certificate, key, what is allowed, and how a plain stream becomes a TLS
// stream.
#pragma once

#include <ctime>
#include <filesystem>
#include <memory>
#include <openssl/types.h>
#include <string>
#include <vector>

#include "base/stream.h"
#include "server/tls_names.h"
#include "server/tls_tickets.h"

namespace postroom {

/// PEM files.
struct CertificateFiles {
  std::filesystem::path certificate;  ///< with its chain
  std::filesystem::path key;
  bool operator==(const CertificateFiles&) const = default;
};

/// Until when a certificate is valid.
struct CertificateEnd {
  std::filesystem::path certificate;
  std::time_t at = 0;
};

struct TlsCertificates {
  TlsContext context;
  std::vector<CertificateEnd> ends;
};

/// Reads PEM files and says what we allow. The first certificate is for all clients that ask for none of the
/// others' names (SNI); two for the same names with keys of different kinds serve as a pair. Blocks on the
/// disk. Throws std::runtime_error with a sentence for the administrator.
TlsCertificates load_tls_certificates(const std::vector<CertificateFiles>& files);
/// The same with one certificate.
TlsContext load_tls_context(const std::filesystem::path& certificate, const std::filesystem::path& key);

/// Outlives the connections that it has accepted.
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
  const std::unique_ptr<TicketKeys> ticket_keys_ = std::make_unique<TicketKeys>();
};

/// DATA/self-signed.pem: certificate and key for `hostname` and localhost, made at first use, and anew when
/// it will soon expire or was made for another hostname. Throws std::runtime_error.
std::filesystem::path self_signed_certificate(const std::filesystem::path& data, const std::string& hostname);

}  // namespace postroom
