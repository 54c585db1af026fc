// Numeric addresses as libuv wants them.
#pragma once

#include <string>
#include <uv.h>

namespace postroom {

/// "192.0.2.1" or "2001:db8::1" and a port into `parsed`; 0, or libuv's error when it is no address.
inline int parse_address(const std::string& address, int port, sockaddr_storage& parsed) {
  if (address.find(':') != std::string::npos)
    return uv_ip6_addr(address.c_str(), port, reinterpret_cast<sockaddr_in6*>(&parsed));
  return uv_ip4_addr(address.c_str(), port, reinterpret_cast<sockaddr_in*>(&parsed));
}

}  // namespace postroom
