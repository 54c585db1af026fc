// ConnectionCounts: how many connections are open, in all and from each address, and whether one more may be.
#pragma once

#include <cstddef>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <unordered_map>

#include "base/stream.h"

namespace postroom {

struct ConnectionLimits {
  std::size_t total = 10000;
  std::size_t per_address = 500;  ///< except from this machine, where proxies and web mail are at home
};

class ConnectionCounts {
 public:
  explicit ConnectionCounts(ConnectionLimits limits) : limits_(limits) {}

  bool full() const { return total_ >= limits_.total; }
  std::size_t total() const { return total_; }
  void set_limits(ConnectionLimits limits) { limits_ = limits; }

  /// Counts one more; false when `origin` (Peer::origin) has enough.
  bool enter(const std::string& origin);
  void leave(const std::string& origin);

 private:
  ConnectionLimits limits_;
  std::size_t total_ = 0;
  std::unordered_map<std::string, std::size_t> by_origin_;
};

/// The peer as sessions see it; an IPv4 address in IPv6's clothes (RFC 4291 2.5.5.2) is written as what it
/// is.
Peer describe_peer(const sockaddr_storage& name);

}  // namespace postroom
