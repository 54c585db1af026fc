// FakeDialer: connections that the relay opens, over a SimNet, to peers that a test has set up.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/relay/dialer.h"
#include "tests/support/fake_connector.h"
#include "tests/support/sim_net.h"

namespace postroom::testing {

class FakeDialer : public relay::Dialer {
 public:
  /// Who listens at an address.
  struct Peer {
    std::function<Task<>(std::unique_ptr<Stream>)> serve;  ///< none: nobody answers, not even by a refusal
    SimNet::Conditions conditions{};
  };

  FakeDialer(Runtime& runtime, SimNet& net) : runtime_(runtime), net_(net) {}

  std::map<std::string, Peer> peers;  ///< by address; others refuse
  std::vector<std::string> dialed;    ///< "192.0.2.1:25", in order
  std::vector<relay::TlsPolicy> policies;
  bool gone = false;             ///< the server, before a handshake begins
  bool tls_fails = false;        ///< every handshake
  bool verifying_fails = false;  ///< those in which the other side has to show who it is
  bool stopped = false;          ///< as by UvDialer::stop()

  Task<relay::Dialed> dial(std::vector<std::string> addresses, std::uint16_t port,
                           TimePoint deadline) override {
    relay::Dialed dialed_to;
    for (const std::string& address : addresses) {
      dialed.push_back(address + ":" + std::to_string(port));
      const auto peer = peers.find(address);
      if (peer == peers.end() || stopped) {
        dialed_to.why = "Connection refused";
        continue;
      }
      if (!peer->second.serve) {
        co_await sleep_until(runtime_, deadline);
        dialed_to.why = "timed out";
        break;
      }
      auto [client, server] = net_.connect(peer->second.conditions);
      runtime_.spawn(peer->second.serve(std::move(server)));
      dialed_to.stream = std::move(client);
      dialed_to.address = address;
      break;
    }
    co_return dialed_to;
  }

  std::unique_ptr<TlsConnector> tls(relay::TlsPolicy policy) override {
    auto made = std::make_unique<FakeConnector>();
    const bool verifies = policy.verify != relay::TlsPolicy::Verify::nothing;
    made->gone = gone;
    made->fails = tls_fails || (verifies && verifying_fails);
    policies.push_back(std::move(policy));
    return made;
  }

 private:
  Runtime& runtime_;
  SimNet& net_;
};

}  // namespace postroom::testing
