// UvDialer: the Dialer of a real server, on libuv.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <sys/socket.h>
#include <vector>

#include "server/relay/dialer.h"
#include "server/tls_client.h"
#include "server/uv_runtime.h"

namespace postroom {

struct DialOptions {
  std::string source_ipv4;  ///< connections to IPv4 addresses come from this one; empty: the system chooses
  std::string source_ipv6;
};

class UvDialer : public relay::Dialer {
 public:
  /// Throws std::runtime_error when a source address is none of its family. `tls` outlives this.
  UvDialer(UvRuntime& runtime, const TlsClient& tls, DialOptions options);
  UvDialer(const UvDialer&) = delete;
  UvDialer& operator=(const UvDialer&) = delete;
  /// All that dial have got their answer.
  ~UvDialer() override;

  /// RFC 8305 4 and 5: IPv6 and IPv4 take turns, beginning with the first address's; `kMost` are tried. What
  /// is no address is skipped. The failure that is told is the first of an address to which there is a way
  /// from here, "192.0.2.1: Connection refused".
  Task<relay::Dialed> dial(std::vector<std::string> addresses, std::uint16_t port,
                           TimePoint deadline) override;

  std::unique_ptr<TlsConnector> tls(relay::TlsPolicy policy) override { return tls_.tls(std::move(policy)); }

  /// Ends all attempts, those under way and those to come. Any time, any number of times.
  void stop() noexcept;

  static constexpr std::size_t kMost = 16;
  static constexpr std::chrono::milliseconds kAttemptDelay{250};

 private:
  struct Attempt;
  class Race;

  UvRuntime& runtime_;
  const TlsClient& tls_;
  DialOptions options_;
  std::optional<sockaddr_storage> source_ipv4_;
  std::optional<sockaddr_storage> source_ipv6_;
  std::set<Signal*> races_;  // raised by stop()
  bool stopped_ = false;
};

}  // namespace postroom
