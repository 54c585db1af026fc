// Abilities: what a server says in its answer to EHLO that it can do (RFC 5321 4.1.1.1). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postroom::smtp {

struct Abilities {
  Abilities() = default;

  bool starttls = false;               ///< RFC 3207
  bool pipelining = false;             ///< RFC 2920
  bool chunking = false;               ///< RFC 3030
  bool eight_bit = false;              ///< 8BITMIME, RFC 1652
  bool binary = false;                 ///< BINARYMIME, RFC 3030 3; with CHUNKING only
  bool size = false;                   ///< MAIL may have SIZE=, RFC 1870
  std::uint64_t size_limit = 0;        ///< bytes of a message; 0: not known
  bool dsn = false;                    ///< RFC 3461
  bool smtputf8 = false;               ///< RFC 6531
  bool deliver_by = false;             ///< RFC 2852
  std::uint64_t deliver_by_least = 0;  ///< seconds, of what is to be returned
  bool priority = false;               ///< MT-PRIORITY, RFC 6710
  bool requiretls = false;             ///< RFC 8689
  bool enhanced_codes = false;         ///< RFC 2034
  std::uint64_t mail_limit = 0;        ///< messages of a connection, RFC 9422; 0: not known
  std::uint64_t recipient_limit = 0;   ///< of a message, the same
  std::vector<std::string> auth;       ///< SASL mechanisms, upper case; RFC 4954 3

  bool offers_auth(std::string_view mechanism) const;
};

/// From the lines of the answer, of which the first is the server's name.
Abilities parse_abilities(const std::vector<std::string>& lines);

}  // namespace postroom::smtp
