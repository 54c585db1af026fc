#include "server/tls_binding.h"

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <string_view>

namespace postroom {

namespace {

unsigned char* out(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

}  // namespace

// RFC 9266: the label is "EXPORTER-Channel-Binding", the context is there and empty, and 32 bytes are taken.
std::string tls_exporter(SSL& ssl) {
  constexpr std::string_view kLabel = "EXPORTER-Channel-Binding";
  if (SSL_is_init_finished(&ssl) != 1 || SSL_version(&ssl) < TLS1_3_VERSION) return {};
  std::string bytes(32, '\0');
  const unsigned char context = 0;
  if (SSL_export_keying_material(&ssl, out(bytes), bytes.size(), kLabel.data(), kLabel.size(), &context, 0,
                                 1) != 1)
    return {};
  return bytes;
}

}  // namespace postroom
