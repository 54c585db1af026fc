// What every session of every protocol is given. Owned by server/ (or a test), outlives all sessions.
#pragma once

#include <memory>
#include <string>

#include "base/gate.h"
#include "protocols/sasl/authenticator.h"
#include "storage/store.h"

namespace postroom {

struct Service {
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
