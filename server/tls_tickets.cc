// Session tickets: see tls_tickets.h.
#include "server/tls_tickets.h"

#include <algorithm>
#include <new>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <stdexcept>

#include "base/crypto.h"

namespace postroom {

namespace {

constexpr char kSessions[] = "postroom";

int keys_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

template <std::size_t size>
void randomize(std::array<unsigned char, size>& bytes) {
  random_bytes(std::as_writable_bytes(std::span(bytes)));
}

bool set_mac(EVP_MAC_CTX* mac, TicketKeys::Key key) {
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, params) == 1;
}

/// AES-256-CBC and then HMAC-SHA-256 over all of it, as RFC 5077 recommends (with longer keys).
int make(TicketKeys& keys, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
  const TicketKeys::Key& key = keys.current(Clock::now());
  if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return -1;
  std::ranges::copy(key.name, name);
  const bool ready =
      EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.cipher.data(), iv) == 1 && set_mac(mac, key);
  return ready ? 1 : -1;
}

/// 0: no ticket of ours, a full handshake. 2: good, and the client gets a new one.
int take(TicketKeys& keys, const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher,
         EVP_MAC_CTX* mac) {
  const TimePoint now = Clock::now();
  const std::string_view wanted(reinterpret_cast<const char*>(name), sizeof(TicketKeys::Key::name));
  const TicketKeys::Key* const key = keys.find(wanted, now);
  if (key == nullptr) return 0;
  const bool ready = set_mac(mac, *key) &&
                     EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key->cipher.data(), iv) == 1;
  if (!ready) return -1;
  return now - key->made < TicketKeys::kLife ? 1 : 2;
}

int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
              int making) noexcept {
  auto* const keys = static_cast<TicketKeys*>(SSL_get_ex_data(ssl, keys_index()));
  if (keys == nullptr) return making == 1 ? -1 : 0;
  try {
    return making == 1 ? make(*keys, name, iv, cipher, mac) : take(*keys, name, iv, cipher, mac);
  } catch (const std::runtime_error&) {
    return -1;  // no randomness: this connection fails
  }
}

}  // namespace

TicketKeys::Key::~Key() {
  OPENSSL_cleanse(cipher.data(), cipher.size());
  OPENSSL_cleanse(mac.data(), mac.size());
}

void TicketKeys::rotate(TimePoint now) {
  if (previous_ && now - previous_->made >= 2 * kLife) previous_.reset();
  if (!current_ || now - current_->made < kLife) return;
  previous_.reset();
  if (now - current_->made < 2 * kLife) previous_ = current_;
  current_.reset();
}

const TicketKeys::Key& TicketKeys::current(TimePoint now) {
  rotate(now);
  if (!current_) {
    Key key;
    randomize(key.name);
    randomize(key.cipher);
    randomize(key.mac);
    key.made = now;
    current_ = key;
  }
  return *current_;
}

const TicketKeys::Key* TicketKeys::find(std::string_view name, TimePoint now) {
  rotate(now);
  for (const std::optional<Key>* const key : {&current_, &previous_}) {
    if (*key &&
        std::ranges::equal((*key)->name, name, {}, {}, [](char c) { return static_cast<unsigned char>(c); }))
      return &**key;
  }
  return nullptr;
}

void use_ticket_keys(SSL_CTX& context) {
  // Sessions are in the tickets, none in memory; tickets of one certificate are good with another one.
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(&context, std::chrono::seconds(TicketKeys::kLife).count());
  SSL_CTX_set_num_tickets(&context, 1);
  SSL_CTX_set_max_early_data(&context, 0);  // it could be sent again by someone else (RFC 8446 8)
  const bool done =
      SSL_CTX_set_session_id_context(&context, reinterpret_cast<const unsigned char*>(kSessions),
                                     sizeof kSessions - 1) == 1 &&
      SSL_CTX_set_tlsext_ticket_key_evp_cb(&context, on_ticket) == 1;
  if (!done) throw std::bad_alloc();
}

void give_ticket_keys(SSL& ssl, TicketKeys& keys) {
  if (SSL_set_ex_data(&ssl, keys_index(), &keys) != 1) throw std::bad_alloc();
}

}  // namespace postroom
