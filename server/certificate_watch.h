// The certificates that the server shows, while their files may be renewed by others (certbot, lego).
#pragma once

#include <cstdint>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "config/config.h"
#include "server/tls_context.h"

namespace postroom {

/// Those that the configuration names.
std::vector<CertificateFiles> certificate_files(const TlsConfig& config);

/// Used by one thread at a time.
class CertificateWatch {
 public:
  /// Says which files there are; may make some. Blocks; throws std::runtime_error.
  using Files = std::function<std::vector<CertificateFiles>()>;

  /// Reads them. Blocks; throws std::runtime_error with a sentence for the administrator.
  explicit CertificateWatch(Files files);

  const TlsContext& context() const { return certificates_.context; }

  struct News {
    bool renewed = false;  ///< there is a new context()
    std::string problem;   ///< with what came instead of the old ones, which stay; told once
  };
  /// Reads the files again if they are not what they were. Blocks; throws nothing but std::bad_alloc.
  News look();

  /// The certificates whose end is past or near, each once a day.
  std::vector<CertificateEnd> ending(std::time_t now);

 private:
  /// What tells a file from what it is after a change.
  struct Look {
    std::uint64_t device = 0, inode = 0;
    std::int64_t size = -1, seconds = 0, nanoseconds = 0;  // the size of none is -1
    bool operator==(const Look&) const = default;
  };
  static std::vector<Look> looks_of(const std::vector<CertificateFiles>& files);

  Files which_;
  std::vector<CertificateFiles> files_;
  std::vector<Look> looks_;
  TlsCertificates certificates_;
  std::string problem_;
  std::time_t told_ = 0;  // of ends
};

/// Warns that it ends, or has ended.
void log_end(const CertificateEnd& end, std::time_t now);

}  // namespace postroom
