// CurlFetcher: the Fetcher of a real server, on libcurl.
//
// libcurl says on which sockets and until when it waits; the loop watches them, and the coroutine that
// fetches has libcurl go on. Names are not looked up and nothing else of it blocks.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "server/relay/fetcher.h"
#include "server/tls_client.h"
#include "server/uv_runtime.h"

namespace postroom {

class CurlFetcher : public relay::Fetcher {
 public:
  static constexpr std::uint16_t kHttps = 443;

  /// `tls` says whom to trust, and outlives this. Throws std::runtime_error.
  CurlFetcher(UvRuntime& runtime, const TlsClient& tls, std::uint16_t port = kHttps);
  CurlFetcher(const CurlFetcher&) = delete;
  CurlFetcher& operator=(const CurlFetcher&) = delete;
  /// All that fetch have got their answer.
  ~CurlFetcher() override;

  Task<relay::Fetched> get(std::string host, std::string path, std::vector<std::string> addresses,
                           std::size_t most, TimePoint deadline) override;

  /// Ends all that is being fetched or will be. Any time, any number of times.
  void stop() noexcept;

 private:
  class Transfer;

  UvRuntime& runtime_;
  const TlsClient& tls_;
  const std::uint16_t port_;
  std::set<Signal*> transfers_;  // raised by stop()
  bool stopped_ = false;
};

}  // namespace postroom
