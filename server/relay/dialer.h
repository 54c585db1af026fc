// Dialer: connections that the relay opens. server/uv_dialer.h is the real one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/stream.h"
#include "server/relay/resolver.h"

namespace postroom::relay {

/// A connection, or why there is none.
struct Dialed {
  Dialed() = default;
  std::unique_ptr<Stream> stream;  ///< null: none of the addresses could be reached
  std::string address;             ///< the one that answered
  std::string why;                 ///< for people: "192.0.2.1: Connection refused"
};

/// What the certificate of the other side has to be, in a TLS of which we are the client.
struct TlsPolicy {
  TlsPolicy() = default;
  enum class Verify : std::uint8_t {
    nothing,  ///< opportunistic: whoever it is (RFC 7435 3)
    pki,      ///< a certificate for one of `names` from an authority that this system trusts
    dane,     ///< what `tlsa` says (RFC 7672 3.1)
  };
  Verify verify = Verify::nothing;
  std::string server_name;         ///< of the SNI (RFC 6066 3)
  std::vector<std::string> names;  ///< that the certificate may be for (RFC 6125 6)
  std::vector<Tlsa> tlsa;
};

class Dialer {
 public:
  virtual ~Dialer() = default;

  /// Opens a TCP connection to the first of `addresses` (numeric) that answers: each is tried a quarter of a
  /// second after the one before, or when that has failed (RFC 8305 5). Expected failures are values.
  virtual Task<Dialed> dial(std::vector<std::string> addresses, std::uint16_t port, TimePoint deadline) = 0;

  /// What begins TLS with a server that has to be as `policy` says.
  virtual std::unique_ptr<TlsConnector> tls(TlsPolicy policy) = 0;
};

}  // namespace postroom::relay
