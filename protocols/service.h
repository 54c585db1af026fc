// What every session of every protocol is given. Owned by server/ (or a test), outlives all sessions.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/gate.h"
#include "protocols/authenticator.h"
#include "storage/store.h"

namespace postroom {

struct Service {
  // A constructor, so that sessions may take it by const& (see detail::safe_parameter).
  Service(Runtime& its_runtime, Store& its_store, Authenticator& its_authenticator, Gate& its_gate,
          TlsAcceptor* its_tls, std::string its_hostname, bool its_plaintext_login)
      : runtime(its_runtime),
        store(its_store),
        authenticator(its_authenticator),
        gate(its_gate),
        tls(its_tls),
        hostname(std::move(its_hostname)),
        plaintext_login(its_plaintext_login) {}

  Runtime& runtime;
  Store& store;
  Authenticator& authenticator;
  Gate& gate;
  TlsAcceptor* tls;      ///< null: no TLS on offer
  std::string hostname;  ///< what we call ourselves in greetings and trace fields
  bool plaintext_login;  ///< also from other hosts than this one without TLS
};

/// A connection as a listener hands it over.
struct Connection {
  Connection() = default;
  std::unique_ptr<Stream> stream;
  Peer peer;
};

/// May a password be sent in the clear here? (RFC 8314 4.1, RFC 2595 2.3)
inline bool login_allowed(const Service& service, const Stream& stream, const Peer& peer) {
  return service.plaintext_login || peer.loopback || !stream.tls().empty();
}

}  // namespace postroom
