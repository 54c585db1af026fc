// The keys of session tickets: a client that comes back shows its ticket and skips half of the handshake.
//
// The server keeps no session, all of it is in the ticket; so whoever has the key can read old TLS 1.2
// sessions. Keys live in memory only and not for long, and one set of them serves all certificates: reading
// certificates again loses no session.
#pragma once

#include <array>
#include <chrono>
#include <openssl/types.h>
#include <optional>
#include <string_view>

#include "base/runtime.h"

namespace postroom {

class TicketKeys {
 public:
  /// As long as tickets are made with one key, and the life of a ticket.
  static constexpr std::chrono::hours kLife{12};

  struct Key {
    std::array<unsigned char, 16> name{};
    std::array<unsigned char, 32> cipher{};
    std::array<unsigned char, 32> mac{};
    TimePoint made{};
    Key() = default;
    Key(const Key&) = default;
    Key& operator=(const Key&) = default;
    ~Key();  ///< leaves nothing in memory
  };

  /// For new tickets. Throws std::runtime_error when there is no randomness.
  const Key& current(TimePoint now);
  /// The one of this name, while a ticket of it may still be good; else null.
  const Key* find(std::string_view name, TimePoint now);

 private:
  void rotate(TimePoint now);

  std::optional<Key> current_;
  std::optional<Key> previous_;
};

/// Contexts of a server make and take tickets by the keys that each connection is given.
void use_ticket_keys(SSL_CTX& context);
/// Before the handshake. `keys` outlive the connection.
void give_ticket_keys(SSL& ssl, TicketKeys& keys);

}  // namespace postroom
