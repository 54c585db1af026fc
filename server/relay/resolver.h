// Resolver: what the relay asks the DNS. server/unbound_resolver.h is the real one.
//
// Names are in ASCII (A-labels, RFC 5890 2.3.2.1) and without a dot at the end, in answers also in lower
// case.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/task.h"

namespace postroom::relay {

/// What became of a question.
enum class Lookup : std::uint8_t {
  found,
  no_data,  ///< there is such a name, but no such record (RFC 2308 2.2)
  no_name,  ///< there is no such name (RFC 2308 2.1)
  failed,   ///< nobody answered, or not usefully: the same may be asked again later
  bogus,    ///< somebody answered, and DNSSEC says that it is forged (RFC 4035 4.3); later again, too
};

template <class Record>
struct Answer {
  Answer() = default;
  Lookup lookup = Lookup::failed;
  bool secure = false;  ///< DNSSEC vouches for it, also for a no (RFC 4035 4.3)
  std::vector<Record> records;
  std::string name;  ///< whose they are, behind all aliases (RFC 1034 3.6.2); empty: that which was asked for
  std::string why;   ///< of a failure, for people
};

/// RFC 5321 5.1
struct Mx {
  Mx() = default;
  Mx(std::uint16_t its_preference, std::string its_host)
      : preference(its_preference), host(std::move(its_host)) {}
  std::uint16_t preference = 0;
  std::string host;  ///< empty: "." (RFC 7505)
};

/// RFC 6698 2.1
struct Tlsa {
  Tlsa() = default;
  std::uint8_t usage = 0;
  std::uint8_t selector = 0;
  std::uint8_t matching = 0;
  std::string data;
};

class Resolver {
 public:
  virtual ~Resolver() = default;

  virtual Task<Answer<Mx>> mx(std::string domain) = 0;
  /// Numeric, IPv6 and IPv4 (RFC 5321 5.2), IPv6 first; `found` when there is one of either. Secure when all
  /// that was said is.
  virtual Task<Answer<std::string>> addresses(std::string host) = 0;
  /// Of "_25._tcp.mail.example.org".
  virtual Task<Answer<Tlsa>> tlsa(std::string name) = 0;
  /// Each record's strings joined (RFC 7208 3.3).
  virtual Task<Answer<std::string>> txt(std::string name) = 0;
};

}  // namespace postroom::relay
