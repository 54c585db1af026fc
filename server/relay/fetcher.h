// Fetcher: HTTPS as a client. server/curl_fetcher.h is the real one.
#pragma once

#include <string>
#include <vector>

#include "base/runtime.h"

namespace postroom::relay {

/// What a web server answered, or why it did not.
struct Fetched {
  Fetched() = default;
  long status = 0;   ///< RFC 9110 15; 0: there is no answer
  std::string type;  ///< of the body: "text/plain; charset=utf-8"
  std::string body;
  std::string why;  ///< of a failure, for people
};

class Fetcher {
 public:
  virtual ~Fetcher() = default;

  /// Gets https://`host``path` from one of `addresses` (numeric, they are not looked up). The server has to
  /// have a certificate for `host` from an authority that this system trusts; a redirect is an answer as
  /// another, and a body of more than `most` bytes is a failure. Expected failures are values.
  virtual Task<Fetched> get(std::string host, std::string path, std::vector<std::string> addresses,
                            std::size_t most, TimePoint deadline) = 0;
};

}  // namespace postroom::relay
