// Scenario: a server with the real sessions and the real store, some clients, and a network between them that
// is as bad as the seed has it. Afterwards what was acknowledged is there, every client's picture was right,
// and nobody is left inside.
#pragma once

#include <vector>

#include "protocols/imap/session.h"
#include "protocols/pop3/session.h"
#include "protocols/smtp/session.h"
#include "storage/sqlite/store.h"
#include "tests/sim/net/client.h"
#include "tests/sim/sim_disk.h"
#include "tests/support/fake_tls.h"

namespace postroom::testing {

/// What scenarios have seen, so that a test can tell whether it was enough.
struct Seen {
  std::uint64_t stored = 0;    ///< messages acknowledged
  std::uint64_t unknown = 0;   ///< messages whose answer was lost
  std::uint64_t compared = 0;  ///< pictures with the truth
  std::uint64_t drains = 0;
  SimNet::Counts net;
};

class Scenario : public Around {
 public:
  explicit Scenario(std::uint64_t seed);

  /// What was wrong; empty: nothing.
  std::string run();
  const Seen& seen() const { return seen_; }
  /// Nothing is suspended any more: it may be destroyed.
  bool over() const { return over_; }
  /// What was said; only for those whose log was asked for before run().
  void keep_log() { keeps_log_ = true; }
  const std::string& log() const { return log_; }

  SimRuntime& runtime() override { return runtime_; }
  Ledger& ledger() override { return ledger_; }
  std::unique_ptr<Caller> call(Port port) override;
  Duration pace() const override { return pace_; }
  bool quiet() const override { return quiet_; }
  Task<std::vector<Picture::Truth>> truth(int account) override;
  void compared() override { ++seen_.compared; }
  void done() override { --busy_; }
  void gone() override { --present_; }
  void log(const std::string& who, const std::string& what) override;

 private:
  void fill_inboxes();
  void add_message(int account, std::size_t size);
  void add_clients();
  void add(std::unique_ptr<Client> client);
  void add_sleeper(Port port);
  void serve(Port port, Connection connection);
  SimNet::Conditions conditions();
  Task<> stop();
  void wait_until_nobody(const std::size_t& count, const char* what);
  void look_whether_all_left();
  Ledger::Found found(int account);
  void close();
  bool one_in(std::uint64_t count) { return dice_() % count == 0; }

  std::mt19937_64 dice_;
  std::unique_ptr<SimDisk> disk_;
  SimRuntime runtime_;
  std::unique_ptr<SqliteStore> store_;
  Authenticator authenticator_;
  Gate gate_;
  FakeTls tls_;
  Service service_;
  smtp::Options smtp_;
  smtp::SendLimits send_limits_{runtime_};
  pop3::Options pop3_;
  imap::Options imap_;
  pop3::MaildropLocks maildrops_;
  SimNet net_;
  Ledger ledger_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<std::unique_ptr<Caller>> sleepers_;
  std::vector<AccountId> accounts_;
  const Duration pace_;
  const bool calm_;  // no connection breaks
  const bool much_;  // is in the inbox
  std::size_t busy_ = 0;
  std::size_t present_ = 0;
  bool listening_ = true;
  bool quiet_ = false;
  bool over_ = false;
  bool keeps_log_ = false;
  std::string log_;
  Seen seen_;
};

}  // namespace postroom::testing
