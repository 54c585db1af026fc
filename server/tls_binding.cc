#include "server/tls_binding.h"

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string_view>

namespace postroom {

namespace {

unsigned char* out(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

}  // namespace

// RFC 9266: the label is "EXPORTER-Channel-Binding", the context is there and empty, and 32 bytes are taken.
std::string tls_exporter(SSL& ssl) {
  constexpr std::string_view kLabel = "EXPORTER-Channel-Binding";
  const bool unique = SSL_version(&ssl) >= TLS1_3_VERSION || SSL_get_extms_support(&ssl) == 1;
  if (SSL_is_init_finished(&ssl) != 1 || !unique) return {};
  std::string bytes(32, '\0');
  const unsigned char context = 0;
  if (SSL_export_keying_material(&ssl, out(bytes), bytes.size(), kLabel.data(), kLabel.size(), &context, 0,
                                 1) != 1)
    return {};
  return bytes;
}

std::string tls_server_end_point(SSL& ssl) {
  const X509* const certificate = SSL_get_certificate(&ssl);
  int hash = NID_undef;
  if (certificate == nullptr ||
      X509_get_signature_info(const_cast<X509*>(certificate), &hash, nullptr, nullptr, nullptr) != 1)
    return {};
  const EVP_MD* algorithm = EVP_get_digestbynid(hash);
  // RFC 5929 4.1: MD5 and SHA-1 are too weak.
  if (hash == NID_md5 || hash == NID_sha1) algorithm = EVP_sha256();
  if (algorithm == nullptr) return {};
  std::string bytes(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  if (X509_digest(certificate, algorithm, out(bytes), &size) != 1) return {};
  bytes.resize(size);
  return bytes;
}

}  // namespace postroom
