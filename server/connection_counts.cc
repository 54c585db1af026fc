// ConnectionCounts: see connection_counts.h.
#include "server/connection_counts.h"

#include <arpa/inet.h>
#include <cstring>

namespace postroom {

namespace {

/// The address's bytes in network order: 4, or 16.
std::string address_bytes(const sockaddr_storage& name) {
  if (name.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &name, sizeof v4);
    return std::string(reinterpret_cast<const char*>(&v4.sin_addr), 4);
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &name, sizeof v6);
  std::string bytes(reinterpret_cast<const char*>(&v6.sin6_addr), 16);
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) bytes.erase(0, 12);
  return bytes;
}

bool is_loopback(const std::string& bytes) {
  if (bytes.size() == 4) return bytes[0] == 127;
  return bytes == std::string(15, '\0') + '\1';
}

}  // namespace

bool ConnectionCounts::enter(const std::string& origin) {
  if (!origin.empty()) {
    std::size_t& count = by_origin_[origin];
    if (count >= limits_.per_address) {
      if (count == 0) by_origin_.erase(origin);
      return false;
    }
    ++count;
  }
  ++total_;
  return true;
}

void ConnectionCounts::leave(const std::string& origin) {
  --total_;
  const auto found = by_origin_.find(origin);
  if (found != by_origin_.end() && --found->second == 0) by_origin_.erase(found);
}

Peer describe_peer(const sockaddr_storage& name) {
  const std::string bytes = address_bytes(name);
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text, sizeof text);
  Peer peer;
  peer.address = text;
  peer.loopback = is_loopback(bytes);
  if (!peer.loopback) peer.origin = bytes.size() == 4 ? bytes : bytes.substr(0, 8);
  return peer;
}

}  // namespace postroom
