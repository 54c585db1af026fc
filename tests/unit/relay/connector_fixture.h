// A connector, the servers it may come to, and what the DNS and MTA-STS say of them.
#pragma once

#include <gtest/gtest.h>
#include <list>

#include "base/log.h"
#include "server/relay/connector.h"
#include "tests/support/await.h"
#include "tests/support/fake_dialer.h"
#include "tests/support/fake_resolver.h"
#include "tests/support/receiver.h"

namespace postroom::relay {

using testing::FakeResolver;
using testing::Receiver;
using Step = Receiver::Step;
using Fault = Receiver::Fault;
using Verify = TlsPolicy::Verify;
using Names = std::vector<std::string>;

class ConnectorTest : public ::testing::Test {
 protected:
  ConnectorTest() { log::set_level(log::Level::error); }
  ~ConnectorTest() override {
    connected = Connected();
    clients.abort();
    runtime.run();
  }

  /// A server of this name, which has the address and takes part.
  Receiver& host(const std::string& name, const std::string& address) {
    resolver[name].addresses = {address};
    Target& target = targets.hosts.emplace_back();
    target.host = name;
    return listen(address);
  }
  Receiver& listen(const std::string& address) {
    Receiver& made = receivers.emplace_back(runtime);
    dialer.peers[address].serve = [&made](std::unique_ptr<Stream> stream) {
      return made.serve(std::move(stream));
    };
    return made;
  }
  /// DNSSEC vouches for all of it, and it has TLSA records.
  void secure(const std::string& name, std::vector<Tlsa> tlsa) {
    targets.secure = true;
    resolver[name].secure = true;
    FakeResolver::Name& records = resolver["_25._tcp." + name];
    records.secure = true;
    records.tlsa = std::move(tlsa);
  }
  void obey(StsPolicy::Mode mode, std::vector<std::string> mx) {
    StsPolicy& policy = targets.sts.policy.emplace();
    policy.mode = mode;
    policy.mx = std::move(mx);
  }
  static std::vector<Tlsa> usable() {
    Tlsa one;
    one.usage = 3;
    one.selector = 1;
    one.matching = 1;
    one.data = std::string(32, 'x');
    return {one};
  }

  /// The host and its TLS, or why there is none.
  std::string connect() {
    std::optional<Connected> result;
    std::exception_ptr error;
    runtime.spawn(testing::detail::keep_result(connector.connect(targets, route, demand), result, error));
    runtime.advance(std::chrono::minutes(30));
    if (!result) return "waits";
    connected = std::move(*result);
    runtime.settle();
    if (!connected.client) return connected.why;
    EXPECT_TRUE(connected.client->usable());
    return connected.host + (connected.client->tls().empty() ? "" : " by TLS");
  }

  testing::SimRuntime runtime{7};
  testing::SimNet net{runtime, 7};
  FakeResolver resolver;
  testing::FakeDialer dialer{runtime, net};
  std::list<Receiver> receivers;
  Clients clients;
  Connector connector{runtime, resolver, dialer, clients, "mail.example.org"};
  Targets targets;
  Route route;
  TlsDemand demand = TlsDemand::usual;
  Connected connected;
};

}  // namespace postroom::relay
