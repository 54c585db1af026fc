// Certificates by name: see tls_names.h.
#include "server/tls_names.h"

#include <new>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/text.h"

namespace postroom {

namespace {

struct FreeNames {
  void operator()(GENERAL_NAMES* names) const noexcept { GENERAL_NAMES_free(names); }
};

void free_names(void*, void* names, CRYPTO_EX_DATA*, int, long, void*) noexcept {
  delete static_cast<TlsNames*>(names);
}

int names_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_names);
  return index;
}

bool usable(std::string_view name) {
  if (name.empty() || name.find('\0') != std::string_view::npos) return false;
  if (name.starts_with("*.")) name.remove_prefix(2);
  return name.find('*') == std::string_view::npos;
}

int on_name(SSL* ssl, int*, void* argument) noexcept {
  const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
  try {
    const TlsContext* const context = static_cast<const TlsNames*>(argument)->find(name);
    if (context == nullptr) return SSL_TLSEXT_ERR_NOACK;
    const bool moved = !*context || SSL_set_SSL_CTX(ssl, context->get()) != nullptr;
    return moved ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
  } catch (const std::bad_alloc&) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
}

}  // namespace

std::set<std::string> dns_names(const X509& certificate) {
  std::set<std::string> names;
  const std::unique_ptr<GENERAL_NAMES, FreeNames> all(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const GENERAL_NAME* const each = sk_GENERAL_NAME_value(all.get(), i);
    if (each->type != GEN_DNS) continue;
    const auto* const bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(each->d.dNSName));
    const std::string name =
        lower(std::string_view(bytes, static_cast<std::size_t>(ASN1_STRING_length(each->d.dNSName))));
    if (usable(name)) names.insert(name);
  }
  return names;
}

void TlsNames::add(const std::set<std::string>& names, const TlsContext& context) {
  for (const std::string& name : names) contexts_.emplace(name, context);
}

const TlsContext* TlsNames::find(std::string_view name) const {
  const std::string asked = lower(name);
  auto found = contexts_.find(asked);
  const std::size_t dot = asked.find('.');
  if (found == contexts_.end() && dot != std::string::npos && dot > 0)
    found = contexts_.find("*" + asked.substr(dot));
  return found == contexts_.end() ? nullptr : &found->second;
}

void choose_by_name(SSL_CTX& front, std::unique_ptr<TlsNames> names) {
  // A connection keeps the context that it began with, so `front` lives as long as anyone asks the names.
  SSL_CTX_set_tlsext_servername_callback(&front, on_name);
  TlsNames* const kept = names.release();
  SSL_CTX_set_tlsext_servername_arg(&front, kept);
  if (SSL_CTX_set_ex_data(&front, names_index(), kept) == 1) return;
  delete kept;
  throw std::bad_alloc();
}

}  // namespace postroom
