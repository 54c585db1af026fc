// Authorities and certificates made by a test.
#pragma once

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <memory>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string>

#include "base/crypto.h"
#include "server/relay/resolver.h"

namespace postroom::testing {

/// A certificate and its key.
class Certificate {
 public:
  struct Options {
    std::string common_name = "test";
    std::string alternative_names;  ///< "DNS:mail.example.org,DNS:*.example.net"
    bool authority = false;
    unsigned rsa_bits = 0;  ///< 0: a key on P-256
    long begins = -3600;    ///< seconds from now
    long ends = 3600;
  };

  /// Signed by `issuer`; null: by itself.
  explicit Certificate(const Options& options, const Certificate* issuer = nullptr)
      : key_(options.rsa_bits > 0 ? EVP_RSA_gen(options.rsa_bits) : EVP_EC_gen("P-256"), EVP_PKEY_free),
        x509_(X509_new(), X509_free) {
    static long serial = 1;
    const Certificate& signer = issuer != nullptr ? *issuer : *this;
    X509_set_version(x509(), X509_VERSION_3);
    X509_set_pubkey(x509(), key_.get());
    ASN1_INTEGER_set(X509_get_serialNumber(x509()), serial++);
    X509_gmtime_adj(X509_getm_notBefore(x509()), options.begins);
    X509_gmtime_adj(X509_getm_notAfter(x509()), options.ends);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(options.common_name.c_str()), -1, -1,
                               0);
    X509_set_issuer_name(x509(), X509_get_subject_name(signer.x509()));
    add(NID_basic_constraints, options.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (!options.alternative_names.empty()) add(NID_subject_alt_name, options.alternative_names);
    EXPECT_GT(X509_sign(x509(), signer.key_.get(), EVP_sha256()), 0);
  }

  X509* x509() const { return x509_.get(); }
  EVP_PKEY* key() const { return key_.get(); }

  std::string pem() const {
    return written([this](BIO* out) { PEM_write_bio_X509(out, x509()); });
  }
  std::string key_pem() const {
    return written([this](BIO* out) {
      PEM_write_bio_PrivateKey(out, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
  }

  /// A TLSA record for it (RFC 6698 2.1): of its SPKI by SHA-256.
  relay::Tlsa tlsa(std::uint8_t usage) const {
    unsigned char* bytes = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509()), &bytes);
    relay::Tlsa record;
    record.usage = usage;
    record.selector = 1;
    record.matching = 1;
    record.data = sha256(std::string_view(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size)));
    OPENSSL_free(bytes);
    return record;
  }

 private:
  void add(int nid, const std::string& value) const {
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
    EXPECT_EQ(X509_add_ext(x509(), extension, -1), 1) << value;
    X509_EXTENSION_free(extension);
  }
  template <class Write>
  static std::string written(Write write) {
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> out(BIO_new(BIO_s_mem()), BIO_free_all);
    write(out.get());
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(out.get(), &bytes);
    return std::string(bytes, static_cast<std::size_t>(size));
  }

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
  std::unique_ptr<X509, decltype(&X509_free)> x509_;
};

/// Writes `content` and returns the file.
inline std::filesystem::path write_file(const std::filesystem::path& file, const std::string& content) {
  std::ofstream(file) << content;
  return file;
}

}  // namespace postroom::testing
