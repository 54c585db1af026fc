// Routes: by which server mail for a domain goes, where it isn't its MX records that say so.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>

#include "storage/queue.h"

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
  /// What reads a route that an administrator has chosen for some mail, as queue.h has it. It throws
  /// std::runtime_error with a sentence for the administrator.
  using Reader = std::function<Route(const std::string&)>;
  void read_others_by(Reader reader) { reader_ = std::move(reader); }

  /// For a domain, in lower case; "*": for all others.
  void add(std::string domain, Route route) {
    by_domain_.insert_or_assign(std::move(domain), std::move(route));
  }

  /// Throws what the reader does.
  Route of(const std::string& destination) const {
    if (is_route(destination)) return reader_(destination);
    for (const std::string& name : {destination, std::string("*")}) {
      const auto found = by_domain_.find(name);
      if (found != by_domain_.end()) return found->second;
    }
    return {};
  }

 private:
  std::map<std::string, Route> by_domain_;
  Reader reader_ = [](const std::string&) -> Route { throw std::runtime_error("there are no such routes"); };
};

}  // namespace postroom::relay
