// Which certificate a client sees: by the name it asks for in its hello (SNI, RFC 6066).
#pragma once

#include <map>
#include <memory>
#include <openssl/types.h>
#include <set>
#include <string>
#include <string_view>

namespace postroom {

using TlsContext = std::shared_ptr<SSL_CTX>;

/// The DNS names of a certificate (its subjectAltName; a common name is none, RFC 9525), in lower case. Of
/// wildcards only those whose '*' is all of the left-most label.
std::set<std::string> dns_names(const X509& certificate);

/// Contexts by name.
class TlsNames {
 public:
  /// Of two for one name, the first stays.
  void add(const std::set<std::string>& names, const TlsContext& context);
  /// A name itself goes before a wildcard, which stands for one label (RFC 9525). Nothing of a name that was
  /// not added. `name` in any case.
  const TlsContext* find(std::string_view name) const;

 private:
  std::map<std::string, TlsContext, std::less<>> contexts_;
};

/// Connections of `front` are moved to the context that `names` have for the name that the client asks for;
/// to none, or a null one: they stay. `front` keeps the names.
void choose_by_name(SSL_CTX& front, std::unique_ptr<TlsNames> names);

}  // namespace postroom
