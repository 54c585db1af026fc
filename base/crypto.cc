// The only file of base/ that includes OpenSSL.
#include "base/crypto.h"

#include <array>
#include <memory>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdexcept>

#include "base/text.h"

namespace postroom {

namespace {

constexpr std::size_t kKeySize = 32;
constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kTagSize = 16;

using Digest = std::array<unsigned char, 32>;

const unsigned char* in(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* out(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

/// What OpenSSL does only when it is broken or out of memory.
void must(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("OpenSSL failed: ") + what);
}

std::string digest(const EVP_MD* algorithm, std::string_view bytes) {
  std::string result(static_cast<std::size_t>(EVP_MD_get_size(algorithm)), '\0');
  must(EVP_Digest(bytes.data(), bytes.size(), out(result), nullptr, algorithm, nullptr) == 1, "digest");
  return result;
}

struct CipherFree {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, CipherFree>;

Cipher gcm(bool encrypt, std::string_view key, std::string_view nonce, std::string_view context) {
  if (key.size() != kKeySize) throw std::invalid_argument("a sealing key has 32 bytes");
  Cipher cipher(EVP_CIPHER_CTX_new());
  must(cipher != nullptr, "cipher");
  must(EVP_CipherInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, in(key), in(nonce), encrypt ? 1 : 0) == 1,
       "AES-256-GCM");
  int unused = 0;
  must(EVP_CipherUpdate(cipher.get(), nullptr, &unused, in(context), static_cast<int>(context.size())) == 1,
       "authenticated data");
  return cipher;
}

}  // namespace

void random_bytes(std::span<std::byte> bytes) {
  must(RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) == 1,
       "random");
}

std::string random_bytes(std::size_t count) {
  std::string result(count, '\0');
  random_bytes(std::as_writable_bytes(std::span(result)));
  return result;
}

std::string random_password(std::size_t length) {
  constexpr std::string_view alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";
  constexpr std::size_t fair = 256 / alphabet.size() * alphabet.size();
  std::string result;
  while (result.size() < length) {
    for (const char c : random_bytes(length)) {
      const auto value = static_cast<unsigned char>(c);
      if (value < fair && result.size() < length) result += alphabet[value % alphabet.size()];
    }
  }
  return result;
}

std::string sha256(std::string_view bytes) { return digest(EVP_sha256(), bytes); }

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  std::string result(Digest().size(), '\0');
  must(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), in(bytes), bytes.size(), out(result),
            nullptr) != nullptr,
       "HMAC");
  return result;
}

std::string md5_hex(std::string_view bytes) { return hex_encode(digest(EVP_md5(), bytes)); }

std::string hmac_md5_hex(std::string_view key, std::string_view bytes) {
  std::string result(16, '\0');
  must(HMAC(EVP_md5(), key.data(), static_cast<int>(key.size()), in(bytes), bytes.size(), out(result),
            nullptr) != nullptr,
       "HMAC");
  return hex_encode(result);
}

std::string pbkdf2_sha256(std::string_view password, std::string_view salt, std::uint32_t iterations) {
  std::string result(Digest().size(), '\0');
  must(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), in(salt),
                         static_cast<int>(salt.size()), static_cast<int>(iterations), EVP_sha256(),
                         static_cast<int>(result.size()), out(result)) == 1,
       "PBKDF2");
  return result;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string seal(std::string_view key, std::string_view context, std::string_view plain) {
  std::string sealed = random_bytes(kNonceSize);
  const Cipher cipher = gcm(true, key, sealed, context);
  sealed.resize(kNonceSize + plain.size() + kTagSize);
  unsigned char* const text = out(sealed) + kNonceSize;
  int unused = 0;
  must(EVP_CipherUpdate(cipher.get(), text, &unused, in(plain), static_cast<int>(plain.size())) == 1,
       "sealing");
  unsigned char* const tag = text + plain.size();
  must(EVP_CipherFinal_ex(cipher.get(), tag, &unused) == 1, "sealing");
  must(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagSize, tag) == 1, "sealing");
  return sealed;
}

std::optional<std::string> unseal(std::string_view key, std::string_view context, std::string_view sealed) {
  if (sealed.size() < kNonceSize + kTagSize) return std::nullopt;
  const std::string_view text = sealed.substr(kNonceSize, sealed.size() - kNonceSize - kTagSize);
  std::string tag(sealed.substr(sealed.size() - kTagSize));
  const Cipher cipher = gcm(false, key, sealed.substr(0, kNonceSize), context);
  std::string plain(text.size(), '\0');
  int unused = 0;
  must(EVP_CipherUpdate(cipher.get(), out(plain), &unused, in(text), static_cast<int>(text.size())) == 1,
       "unsealing");
  must(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagSize, out(tag)) == 1, "unsealing");
  unsigned char rest[kTagSize];
  if (EVP_CipherFinal_ex(cipher.get(), rest, &unused) != 1) return std::nullopt;
  return plain;
}

}  // namespace postroom
