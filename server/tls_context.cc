// TLS: see tls_context.h.
#include "server/tls_context.h"

#include <cerrno>
#include <new>
#include <openssl/err.h>
#include <openssl/ssl.h>
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
  if (used) return;
  if (!encrypted) cannot_use("key", key);
  ERR_clear_error();
  throw std::runtime_error("cannot use the TLS key " + key.string() +
                           ": it is encrypted, and a server has nobody to ask for the passphrase; `openssl "
                           "pkey -in FILE -out NEW` writes it without one");
}

}  // namespace

TlsContext load_tls_context(const std::filesystem::path& certificate, const std::filesystem::path& key) {
  TlsContext made(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!made) throw std::bad_alloc();
  SSL_CTX* const context = made.get();
  ERR_clear_error();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  if (SSL_CTX_set_cipher_list(context, kCiphers) != 1 || SSL_CTX_set1_groups_list(context, kGroups) != 1)
    throw std::runtime_error("this OpenSSL lacks the ciphers that TLS needs");
  // An idle connection keeps no record buffers, and sessions are resumed by tickets, which the client keeps.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 1);
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1)
    cannot_use("certificate", certificate);
  use_key(context, key);
  if (SSL_CTX_check_private_key(context) != 1) cannot_use("key (it is not the certificate's)", key);
  return made;
}

std::unique_ptr<Stream> TlsServer::implicit_tls(std::unique_ptr<Stream>&& plain) const {
  Ssl ssl(SSL_new(context_.get()));
  if (!ssl) throw std::bad_alloc();
  SSL_set_accept_state(ssl.get());
  return std::make_unique<TlsStream>(std::move(ssl), std::move(plain));
}

std::unique_ptr<Stream> TlsServer::start_tls(std::unique_ptr<Stream>&& plain) {
  drop_arrived(*plain);
  return implicit_tls(std::move(plain));
}

}  // namespace postroom
