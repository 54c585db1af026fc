// The server that a transcript talks to: real sessions and the real store, without sockets and real time.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/gate.h"
#include "protocols/service.h"
#include "storage/sqlite/accounts.h"
#include "storage/sqlite/store.h"
#include "tests/support/fake_tls.h"
#include "tests/support/memory_stream.h"
#include "tests/support/sim_runtime.h"
#include "tests/support/temporary_folder.h"
#include "tests/transcripts/endpoint.h"

namespace postroom::testing {

class World {
 public:
  World(Endpoint& endpoint, std::uint64_t seed);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  SimRuntime& runtime() { return runtime_; }
  Store& store() { return *store_; }
  /// How many sessions are inside.
  std::size_t sessions() const { return gate_.inside(); }

  /// Starts a session; `wire` outlives it.
  void connect(Wire& wire);
  /// Ends all sessions and closes the store. No other call after it but the destructor.
  void stop();

  /// By address or local part. Throws BadScript.
  const User& user(const std::string& name) const;
  /// Does what a directive says. False: there is none of this name. Throws BadScript.
  bool directive(const std::vector<std::string>& words, const std::string& body);

 private:
  using Words = std::vector<std::string>;
  using Act = void (World::*)(const Words&, const std::string& body);
  static const std::map<std::string, Act, std::less<>> kDirectives;

  void add_domain(const Words& words, const std::string&);
  void add_user(const Words& words, const std::string&);
  void set_quota(const Words& words, const std::string&);
  void add_alias(const Words& words, const std::string&);
  void add_list(const Words& words, const std::string&);
  void add_mailbox(const Words& words, const std::string&);
  void add_mail(const Words& words, const std::string& body);
  void add_mails(const Words& words, const std::string&);
  void set_peer(const Words& words, const std::string&);
  void set_tls(const Words& words, const std::string&);
  void set_limit(const Words& words, const std::string&);
  void allow_plaintext_login(const Words& words, const std::string&);
  void advance(const Words& words, const std::string&);
  void drain(const Words& words, const std::string&);

  void ensure_domain(std::string_view address);
  void store_message(const std::string& address, const std::string& mailbox, const std::string& message,
                     Flags flags, WallTime date);
  Flags flags_of(AccountId account, const std::string& list);

  Endpoint& endpoint_;
  SimRuntime runtime_;
  TemporaryFolder folder_;
  std::unique_ptr<SqliteStore> store_;
  sqlite::Connection admin_;
  Authenticator authenticator_;
  Gate gate_;
  FakeTls tls_;
  Service service_;
  Peer peer_;
  bool implicit_tls_ = false;
  std::map<std::string, User, std::less<>> users_;
};

}  // namespace postroom::testing
