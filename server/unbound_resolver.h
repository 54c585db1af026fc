// UnboundResolver: the Resolver of a real server, on libunbound.
//
// libunbound works on a thread of its own (caching, recursing, validating) and tells by a descriptor on the
// loop what it has found. Neither asking nor hearing waits.
#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"
#include "server/relay/resolver.h"
#include "server/uv_runtime.h"

struct ub_ctx;
struct ub_result;

namespace postroom {

struct DnsOptions {
  DnsOptions() = default;
  /// The name servers that are asked for everything; they have to let DNSSEC through. Empty: none but those
  /// that the DNS itself names, from the root on. /etc/resolv.conf and /etc/hosts are never read.
  Endpoints forwarders;
  /// A file with DS or DNSKEY records in which validation begins. Empty: the root's keys, from the system
  /// (Debian: dns-root-data) or as they were when this was built. DnsConfig::kNoTrustAnchor: nothing is
  /// validated.
  std::string trust_anchor;
  /// What a question may take, also while it waits for its turn.
  std::chrono::seconds deadline{30};
  /// Questions that libunbound has at a time; others wait for their turn.
  std::size_t at_once = 64;
};

class UnboundResolver : public relay::Resolver {
 public:
  /// Throws std::runtime_error, when the trust anchor is none or memory is short.
  UnboundResolver(UvRuntime& runtime, DnsOptions options);
  UnboundResolver(const UnboundResolver&) = delete;
  UnboundResolver& operator=(const UnboundResolver&) = delete;
  /// No question is pending; the runtime still is. Waits for libunbound's thread to end.
  ~UnboundResolver() override;

  // A name that cannot be one in the DNS is `no_name`.
  Task<relay::Answer<relay::Mx>> mx(std::string domain) override;
  Task<relay::Answer<std::string>> addresses(std::string host) override;
  Task<relay::Answer<relay::Tlsa>> tlsa(std::string name) override;
  Task<relay::Answer<std::string>> txt(std::string name) override;

  /// Every question that is pending or will be asked has failed.
  void abort() noexcept;

 private:
  class Question;
  template <class Record>
  using Parse = std::optional<Record> (*)(std::string_view rdata);
  using Questions = std::list<Question*>;
  struct CloseContext {
    void operator()(ub_ctx* context) const noexcept;
  };

  void configure();
  void add_trust_anchor();
  void listen();
  void process() noexcept;
  void ask_waiting() noexcept;
  void fail_all(std::string_view why) noexcept;
  template <class Record>
  Task<relay::Answer<Record>> look_up(std::string name, int type, Parse<Record> parse);

  UvRuntime& runtime_;
  const DnsOptions options_;
  std::unique_ptr<ub_ctx, CloseContext> context_;
  UvHandle<uv_poll_t> poll_;
  Questions waiting_;      // for their turn, in the order they were asked
  Questions asked_;        // libunbound has them
  std::string_view over_;  // why nothing is asked any more
};

}  // namespace postroom
