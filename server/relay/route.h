// Routes: by which server mail for a domain goes, where it isn't its MX records that say so.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace postroom::relay {

struct Route {
  Route() = default;
  enum class Tls : std::uint8_t {
    if_offered,  ///< or if the DNS says that it has to be
    required,    ///< by STARTTLS, with a certificate for its name
    at_once,     ///< the same from the first byte on (RFC 8314 3.3)
  };

  std::string host;  ///< a name or an address; empty: where the MX records say (RFC 5321 5.1)
  std::uint16_t port = 25;
  bool numeric = false;  ///< `host` is an address
  bool lmtp = false;     ///< RFC 2033
  Tls tls = Tls::if_offered;
  std::string user;  ///< to log in as; empty: not
  std::string password;
};

class Routes {
 public:
  /// For a domain, in lower case; "*": for all others.
  void add(std::string domain, Route route) {
    by_domain_.insert_or_assign(std::move(domain), std::move(route));
  }

  const Route& of(const std::string& domain) const {
    for (const std::string& name : {domain, std::string("*")}) {
      const auto found = by_domain_.find(name);
      if (found != by_domain_.end()) return found->second;
    }
    return by_mx_;
  }

 private:
  std::map<std::string, Route> by_domain_;
  const Route by_mx_;
};

}  // namespace postroom::relay
