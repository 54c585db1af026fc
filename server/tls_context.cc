// TLS: see tls_context.h.
#include "server/tls_context.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <new>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <set>
#include <stdexcept>
#include <system_error>
#include <unistd.h>

#include "server/tls_stream.h"

namespace postroom {

namespace {

/// Forward secrecy and authenticated encryption only; for TLS 1.2, since TLS 1.3 has nothing else.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const char* kGroups = "X25519:P-256:P-384";

[[noreturn]] void cannot_use(const std::string& what, const std::filesystem::path& file) {
  const char* const said = ERR_reason_error_string(ERR_peek_last_error());
  std::string reason = said != nullptr ? said : "unknown error";
  ERR_clear_error();
  if (::access(file.c_str(), R_OK) != 0) reason = std::generic_category().message(errno);
  throw std::runtime_error("cannot use the TLS " + what + " " + file.string() + ": " + reason);
}

/// OpenSSL would ask on the terminal. Says that there is no passphrase, and notes that one is needed.
int refuse_passphrase(char*, int, int, void* needed) noexcept {
  *static_cast<bool*>(needed) = true;
  return -1;
}

void use_key(SSL_CTX* context, const std::filesystem::path& key) {
  bool encrypted = false;
  SSL_CTX_set_default_passwd_cb(context, refuse_passphrase);
  SSL_CTX_set_default_passwd_cb_userdata(context, &encrypted);
  const bool used = SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) == 1;
  SSL_CTX_set_default_passwd_cb(context, nullptr);
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  const int reason = ERR_GET_REASON(ERR_peek_last_error());
  if (used) return;
  if (reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH)
    cannot_use("key (it is not the certificate's)", key);
  if (!encrypted) cannot_use("key", key);
  ERR_clear_error();
  throw std::runtime_error("cannot use the TLS key " + key.string() +
                           ": it is encrypted, and a server has nobody to ask for the passphrase; `openssl "
                           "pkey -in FILE -out NEW` writes it without one");
}

/// Beside a certificate with a key of another kind, if the context has one.
void add_certificate(SSL_CTX* context, const CertificateFiles& files) {
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1)
    cannot_use("certificate", files.certificate);
  use_key(context, files.key);
  if (SSL_CTX_check_private_key(context) != 1) cannot_use("key (it is not the certificate's)", files.key);
}

/// Without a certificate.
TlsContext make_context() {
  TlsContext made(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!made) throw std::bad_alloc();
  SSL_CTX* const context = made.get();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  if (SSL_CTX_set_cipher_list(context, kCiphers) != 1 || SSL_CTX_set1_groups_list(context, kGroups) != 1)
    throw std::runtime_error("this OpenSSL lacks the ciphers that TLS needs");
  // An idle connection keeps no record buffers.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
  use_ticket_keys(*context);
  return made;
}

/// A certificate, or several for the same names with different kinds of keys.
struct Loaded {
  TlsContext context;
  std::set<std::string> names;
  std::set<int> kinds;
};

std::time_t end_of(const X509& certificate) {
  std::tm time{};
  return ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &time) == 1 ? ::timegm(&time) : 0;
}

CertificateEnd load(const CertificateFiles& files, std::vector<Loaded>& all) {
  Loaded loaded;
  loaded.context = make_context();
  add_certificate(loaded.context.get(), files);
  const X509& certificate = *SSL_CTX_get0_certificate(loaded.context.get());
  const int kind = EVP_PKEY_get_base_id(X509_get0_pubkey(&certificate));
  loaded.names = dns_names(certificate);
  loaded.kinds = {kind};
  if (!all.empty() && loaded.names.empty())
    throw std::runtime_error(
        "cannot use the TLS certificate " + files.certificate.string() +
        ": there is no DNS name in it (subjectAltName) by which clients could ask for it");
  const CertificateEnd end{files.certificate, end_of(certificate)};
  const auto pair = std::ranges::find_if(
      all, [&](const Loaded& other) { return other.names == loaded.names && !other.kinds.contains(kind); });
  if (pair == all.end()) {
    all.push_back(std::move(loaded));
  } else {
    add_certificate(pair->context.get(), files);
    pair->kinds.insert(kind);
  }
  return end;
}

}  // namespace

TlsCertificates load_tls_certificates(const std::vector<CertificateFiles>& files) {
  TlsCertificates result;
  std::vector<Loaded> all;
  for (const CertificateFiles& each : files) result.ends.push_back(load(each, all));
  result.context = all.front().context;
  auto names = std::make_unique<TlsNames>();
  names->add(all.front().names, nullptr);  // it would keep itself alive
  for (const Loaded& each : all) names->add(each.names, each.context);
  choose_by_name(*result.context, std::move(names));
  return result;
}

TlsContext load_tls_context(const std::filesystem::path& certificate, const std::filesystem::path& key) {
  return load_tls_certificates({{certificate, key}}).context;
}

std::unique_ptr<Stream> TlsServer::implicit_tls(std::unique_ptr<Stream>&& plain) const {
  Ssl ssl(SSL_new(context_.get()));
  if (!ssl) throw std::bad_alloc();
  give_ticket_keys(*ssl, *ticket_keys_);
  SSL_set_accept_state(ssl.get());
  return std::make_unique<TlsStream>(std::move(ssl), std::move(plain));
}

std::unique_ptr<Stream> TlsServer::start_tls(std::unique_ptr<Stream>&& plain) {
  drop_arrived(*plain);
  return implicit_tls(std::move(plain));
}

}  // namespace postroom
