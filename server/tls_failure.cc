// TLS failures: see tls_failure.h.
#include "server/tls_failure.h"

#include <algorithm>
#include <ctime>
#include <memory>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <vector>

#include "base/text.h"

namespace postroom {

namespace {

/// So many of a certificate's names are told.
constexpr std::size_t kNames = 3;
/// A name in the DNS has no more characters than that.
constexpr std::size_t kNameLength = 253;
/// OpenSSL counts the alerts of the other side from here (RFC 8446 6).
constexpr int kAlerts = SSL_AD_REASON_OFFSET;

struct FreeNames {
  void operator()(GENERAL_NAMES* names) const noexcept { GENERAL_NAMES_free(names); }
};

/// A string of the peer's, fit for a log and a mail.
std::string printable(const ASN1_STRING* said) {
  const auto* const bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(said));
  std::string text(bytes, static_cast<std::size_t>(ASN1_STRING_length(said)));
  text.resize(std::min(text.size(), kNameLength));
  for (char& c : text)
    if (c <= ' ' || c > '~') c = '?';
  return text;
}

/// "mail.example.net, mx.example.net"
std::string names_of(const X509& certificate) {
  const std::unique_ptr<GENERAL_NAMES, FreeNames> all(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> names;
  for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type == GEN_DNS) names.push_back(printable(name->d.dNSName));
  }
  if (names.empty()) return "nobody";
  const std::size_t more = names.size() - std::min(names.size(), kNames);
  names.resize(names.size() - more);
  return join(names, ", ") + (more > 0 ? " and " + std::to_string(more) + " more" : "");
}

/// "2024-05-31"
std::string day(const ASN1_TIME* time) {
  std::tm broken{};
  if (ASN1_TIME_to_tm(time, &broken) != 1) return "a day that cannot be read";
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%d", &broken));
}

/// Whom the certificate should have been for.
std::string wanted_name(SSL& ssl) {
  const char* const name = X509_VERIFY_PARAM_get0_host(SSL_get0_param(&ssl), 0);
  return name != nullptr ? name : "this server";
}

/// The chain that the peer has sent, its own certificate first.
std::vector<const X509*> chain_of(const SSL& ssl) {
  std::vector<const X509*> chain;
  const STACK_OF(X509)* const sent = SSL_get_peer_cert_chain(&ssl);
  for (int i = 0; sent != nullptr && i < sk_X509_num(sent); ++i) chain.push_back(sk_X509_value(sent, i));
  return chain;
}

std::string expired(const std::vector<const X509*>& chain) {
  for (const X509* const certificate : chain) {
    const ASN1_TIME* const end = X509_get0_notAfter(certificate);
    if (X509_cmp_current_time(end) >= 0) continue;
    const bool its_own = certificate == chain.front();
    return std::string(its_own ? "the certificate" : "the certificate of its authority") +
           " has expired on " + day(end);
  }
  return "the certificate has expired";
}

std::string certificate_failure(SSL& ssl, long error) {
  const std::vector<const X509*> chain = chain_of(ssl);
  switch (error) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
      if (chain.empty()) break;
      return "the certificate is not for " + wanted_name(ssl) + " but for " + names_of(*chain.front());
    case X509_V_ERR_CERT_HAS_EXPIRED: return expired(chain);
    case X509_V_ERR_CERT_NOT_YET_VALID:
      if (chain.empty()) break;
      return "the certificate is not valid before " + day(X509_get0_notBefore(chain.front()));
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "the certificate was not issued by a known authority but signed by itself";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED: return "the certificate was not issued by a known authority";
    case X509_V_ERR_DANE_NO_MATCH: return "the certificate does not match the TLSA record";
    default: break;
  }
  return std::string("the certificate cannot be trusted: ") + X509_verify_cert_error_string(error);
}

}  // namespace

bool is_untrusted(SSL& ssl) {
  return SSL_get_verify_result(&ssl) != X509_V_OK && SSL_get_verify_mode(&ssl) != SSL_VERIFY_NONE;
}

std::string tls_failure(SSL& ssl) {
  const unsigned long error = ERR_get_error();
  const char* const said = ERR_reason_error_string(error);
  std::string reason = said != nullptr ? said : "protocol error";
  ERR_clear_error();
  if (is_untrusted(ssl)) return certificate_failure(ssl, SSL_get_verify_result(&ssl));
  if (ERR_GET_LIB(error) != ERR_LIB_SSL) return reason;
  const int number = ERR_GET_REASON(error);
  if (number == SSL_R_WRONG_VERSION_NUMBER) return "what the other side says is not TLS";
  if (number > kAlerts && number < kAlerts + 256)
    return std::string("the other side says: ") + SSL_alert_desc_string_long(number - kAlerts);
  return reason;
}

}  // namespace postroom
