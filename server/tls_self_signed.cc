// The certificate of a server that nobody has given one: encrypted from the first start, trusted by hand.
#include <ctime>
#include <memory>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdexcept>

#include "base/crypto.h"
#include "server/private_file.h"
#include "server/tls_context.h"

namespace postroom {

namespace {

constexpr long kDays = 3650;

template <auto Free>
struct FreeBy {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, FreeBy<X509_free>>;
using Memory = std::unique_ptr<BIO, FreeBy<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, FreeBy<X509_EXTENSION_free>>;

void must(bool done) {
  if (!done) throw std::runtime_error("cannot make a self-signed certificate: OpenSSL failed");
}

void add_extension(X509& certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, &certificate, &certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  must(extension && X509_add_ext(&certificate, extension.get(), -1) == 1);
}

Certificate make_certificate(EVP_PKEY& key, const std::string& hostname) {
  Certificate certificate(X509_new());
  must(certificate != nullptr);
  X509& x509 = *certificate;
  std::uint64_t serial = 0;
  random_bytes(std::as_writable_bytes(std::span(&serial, 1)));
  must(X509_set_version(&x509, X509_VERSION_3) == 1 && X509_set_pubkey(&x509, &key) == 1 &&
       ASN1_INTEGER_set_uint64(X509_get_serialNumber(&x509), serial >> 1) == 1 &&
       X509_gmtime_adj(X509_getm_notBefore(&x509), -3600) != nullptr &&
       X509_gmtime_adj(X509_getm_notAfter(&x509), kDays * 24 * 3600) != nullptr);
  X509_NAME* const name = X509_get_subject_name(&x509);
  // A common name has 64 characters at most; the name that counts is the subjectAltName.
  must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                  reinterpret_cast<const unsigned char*>(hostname.substr(0, 64).c_str()), -1,
                                  -1, 0) == 1 &&
       X509_set_issuer_name(&x509, name) == 1);
  add_extension(x509, NID_subject_alt_name, "DNS:" + hostname + ",DNS:localhost");
  add_extension(x509, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(x509, NID_ext_key_usage, "serverAuth");
  must(X509_sign(&x509, &key, EVP_sha256()) > 0);
  return certificate;
}

std::string make_pem(const std::string& hostname) {
  const Key key(EVP_EC_gen("P-256"));
  must(key != nullptr);
  const Certificate certificate = make_certificate(*key, hostname);
  const Memory pem(BIO_new(BIO_s_mem()));
  must(pem && PEM_write_bio_PrivateKey(pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1 &&
       PEM_write_bio_X509(pem.get(), certificate.get()) == 1);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(pem.get(), &bytes);
  return std::string(bytes, static_cast<std::size_t>(size));
}

/// Is there one, is it for `hostname`, and good for longer than we warn of an end?
bool still_good(const std::filesystem::path& file, const std::string& hostname) {
  const Memory pem(BIO_new_file(file.c_str(), "r"));
  if (!pem) return false;
  const Certificate certificate(PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr));
  if (!certificate) return false;
  std::time_t later = std::time(nullptr) + 15 * 24 * 3600;
  return X509_check_host(certificate.get(), hostname.data(), hostname.size(), 0, nullptr) == 1 &&
         X509_cmp_time(X509_get0_notAfter(certificate.get()), &later) > 0;
}

}  // namespace

std::filesystem::path self_signed_certificate(const std::filesystem::path& data,
                                              const std::string& hostname) {
  const std::filesystem::path file = data / "self-signed.pem";
  if (!still_good(file, hostname)) replace_private_file(file, make_pem(hostname));
  return file;
}

}  // namespace postroom
