// TLS as a client: see tls_client.h.
#include "server/tls_client.h"

#include <arpa/inet.h>
#include <new>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdexcept>

#include "server/relay/tlsa.h"
#include "server/tls_stream.h"

namespace postroom {

namespace {

using relay::Tlsa;
using relay::TlsPolicy;

/// For TLS whose other side may be anybody: a weak key is better than none (RFC 7435 3).
constexpr int kOpportunisticSecurity = 1;

void must(bool done) {
  if (done) return;
  ERR_clear_error();
  throw std::bad_alloc();
}

bool is_address(const std::string& name) {
  unsigned char bytes[sizeof(in6_addr)];
  return ::inet_pton(AF_INET, name.c_str(), bytes) == 1 || ::inet_pton(AF_INET6, name.c_str(), bytes) == 1;
}

[[noreturn]] void cannot_be(const std::string& what) {
  throw ConnectionEnded(ConnectionEnded::Reason::failed, "TLS: " + what);
}

/// A certificate for one of `names`. OpenSSL takes nothing for everybody, and ".example.org" for all below
/// it.
void expect_names(SSL& ssl, const std::vector<std::string>& names) {
  if (names.empty()) throw std::logic_error("a certificate for nobody");
  for (const std::string& name : names) {
    const bool good = !name.empty() && name.front() != '.' && name.find('\0') == std::string::npos;
    if (!good) cannot_be("no certificate is for the name " + name);
    must(SSL_add1_host(&ssl, name.c_str()) == 1);
  }
}

void expect_authority(SSL& ssl, const TlsPolicy& policy) {
  SSL_set_hostflags(&ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  expect_names(ssl, policy.names);
  SSL_set_verify(&ssl, SSL_VERIFY_PEER, nullptr);
}

/// RFC 7672 3.2.3: the common name counts where there is no subjectAltName.
void expect_tlsa(SSL& ssl, const TlsPolicy& policy) {
  SSL_set_hostflags(&ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  must(SSL_dane_enable(&ssl, nullptr) == 1);
  SSL_dane_set_flags(&ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
  bool any = false;
  for (const Tlsa& record : relay::usable_tlsa(policy.tlsa)) {
    const auto* const data = reinterpret_cast<const unsigned char*>(record.data.data());
    const int added =
        SSL_dane_tlsa_add(&ssl, record.usage, record.selector, record.matching, data, record.data.size());
    any = any || added == 1;  // 0: a certificate or key that is none
  }
  ERR_clear_error();
  if (!any) cannot_be("no TLSA record can be used");
  expect_names(ssl, policy.names);
  SSL_set_verify(&ssl, SSL_VERIFY_PEER, nullptr);
}

Ssl make_ssl(SSL_CTX& context, const TlsPolicy& policy) {
  Ssl ssl(SSL_new(&context));
  must(ssl != nullptr);
  SSL_set_connect_state(ssl.get());
  // No addresses there: RFC 6066 3.
  if (!policy.server_name.empty() && !is_address(policy.server_name))
    must(SSL_set_tlsext_host_name(ssl.get(), policy.server_name.c_str()) == 1);
  switch (policy.verify) {
    case TlsPolicy::Verify::nothing:
      SSL_set_verify(ssl.get(), SSL_VERIFY_NONE, nullptr);
      SSL_set_security_level(ssl.get(), kOpportunisticSecurity);
      break;
    case TlsPolicy::Verify::pki: expect_authority(*ssl, policy); break;
    case TlsPolicy::Verify::dane: expect_tlsa(*ssl, policy); break;
  }
  return ssl;
}

class Connector : public TlsConnector {
 public:
  Connector(std::shared_ptr<SSL_CTX> context, TlsPolicy policy)
      : context_(std::move(context)), policy_(std::move(policy)) {}

  std::unique_ptr<Stream> start_tls(std::unique_ptr<Stream>&& plain) override {
    drop_arrived(*plain);
    return std::make_unique<TlsStream>(make_ssl(*context_, policy_), std::move(plain));
  }

 private:
  std::shared_ptr<SSL_CTX> context_;
  TlsPolicy policy_;
};

/// The system's authorities may be read one by one when they are needed: small files, and each once.
void trust(SSL_CTX& context, const std::string& authorities) {
  if (authorities.empty()) {
    must(SSL_CTX_set_default_verify_paths(&context) == 1);
    return;
  }
  if (SSL_CTX_load_verify_file(&context, authorities.c_str()) == 1) return;
  const char* const said = ERR_reason_error_string(ERR_peek_error());
  const std::string reason = said != nullptr ? said : "unknown error";
  ERR_clear_error();
  throw std::runtime_error("cannot use the authorities in " + authorities + ": " + reason);
}

}  // namespace

TlsClient::TlsClient(const TlsClientOptions& options)
    : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
  SSL_CTX* const context = context_.get();
  must(context != nullptr && SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
       SSL_CTX_dane_enable(context) == 1);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  trust(*context, options.authorities);
}

std::unique_ptr<TlsConnector> TlsClient::tls(relay::TlsPolicy policy) const {
  return std::make_unique<Connector>(context_, std::move(policy));
}

void TlsClient::share_authorities(SSL_CTX& context) const {
  SSL_CTX_set1_cert_store(&context, SSL_CTX_get_cert_store(context_.get()));
}

}  // namespace postroom
