// SessionWorld: what one session of SMTP or POP3 needs around it, and the client's side of its connection.
#pragma once

#include <string>
#include <string_view>

#include "base/log.h"
#include "protocols/sasl/scram.h"
#include "protocols/service.h"
#include "tests/support/fake_store.h"
#include "tests/support/fake_tls.h"
#include "tests/support/memory_stream.h"
#include "tests/support/sim_runtime.h"

namespace postroom::testing {

class SessionWorld {
 public:
  SessionWorld() {
    peer.address = "192.0.2.1";
    peer.loopback = true;
    log::set_level(log::Level::error);
  }
  SessionWorld(const SessionWorld&) = delete;
  SessionWorld& operator=(const SessionWorld&) = delete;
  ~SessionWorld() { end(); }

  void add_user(const std::string& address, std::string_view password) {
    store.add_account(address).credentials.verifier = *sasl::make_verifier(password, "0123456789abcdef", 100);
  }

  /// A connection whose client end is `wire`; give it to serve().
  Connection connection() {
    Connection made;
    made.stream = std::make_unique<MemoryStream>(runtime, wire);
    made.peer = peer;
    return made;
  }

  /// The client sends this; returns what it gets for it without time passing.
  std::string say(std::string_view bytes) {
    wire.to_server += bytes;
    wire.poke();
    runtime.settle();
    return heard();
  }
  std::string heard() {
    runtime.settle();
    return std::exchange(wire.to_client, {});
  }
  /// The client sends this, which ends the session; how many turns of the loop that takes.
  int turns(std::string_view bytes) {
    int turns = 0;
    runtime.spawn(count_turns(turns));
    say(bytes);
    return turns;
  }
  /// The client closes its side, and the session ends.
  void hang_up() {
    wire.closed = true;
    wire.poke();
    runtime.settle();
  }
  /// Ends what is left of sessions. For the destructor of a test with something that they use.
  void end() {
    gate.abort();
    runtime.run();
    assert(session_ended() && "a session does not end when its stream is aborted");
  }
  bool closed() const { return wire.finished; }
  bool session_ended() const { return gate.inside() == 0; }

  SimRuntime runtime;
  FakeStore store;
  Gate gate{runtime};
  Authenticator authenticator{runtime, store, std::string(32, 'k')};
  FakeTls tls;
  Service service{runtime, store, authenticator, gate, nullptr, "mail.example.org", false};
  Peer peer;
  Wire wire;

 private:
  Task<> count_turns(int& turns) {
    while (!session_ended()) {
      co_await sleep_until(runtime, runtime.now());
      ++turns;
    }
  }
};

}  // namespace postroom::testing
