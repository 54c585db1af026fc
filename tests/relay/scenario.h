// A random life of a relay: mail of all kinds, servers of all moods, stops, power cuts and full disks. In the
// end each recipient has got its message once, or its sender has been told once that it has not.
#pragma once

#include <functional>
#include <map>
#include <random>

#include "protocols/smtp/session.h"
#include "tests/relay/world.h"
#include "tests/support/fake_store.h"
#include "tests/support/fake_tls.h"

namespace postroom::testing {

/// Another server as real as ours.
class RealPeer {
 public:
  explicit RealPeer(Runtime& runtime) : runtime_(runtime) {}

  Task<> serve(std::unique_ptr<Stream> stream);
  FakeStore store;

 private:
  Runtime& runtime_;
  Gate gate_{runtime_};
  Authenticator authenticator_{runtime_, store, std::string(32, 'k')};
  FakeTls tls_;
  Service service_{runtime_, store, authenticator_, gate_, &tls_, "mx.real.example", false};
  smtp::Options options_;
  smtp::SendLimits send_limits_{runtime_};
};

class Scenario {
 public:
  struct Seen {
    int delivered = 0, failed = 0, delayed = 0, twice = 0, stops = 0, cuts = 0, full = 0;
  };

  explicit Scenario(std::uint64_t seed);

  void play();
  Seen seen;

 private:
  enum class Mood {
    fine,
    flaky,
    slow,
    down,
    silent,
    greylists,
    no_answer,
    forged,
    no_domain,
    no_mail,
    count
  };
  struct Mail {
    std::string from;
    std::vector<std::string> to;
    Notify notify;
  };
  /// What became of one recipient.
  struct Fate {
    int taken = 0, unsure = 0;
    std::map<std::string, int> told;  // by action
  };

  std::size_t up_to(std::size_t most) { return dice_() % (most + 1); }
  bool one_in(std::size_t count) { return dice_() % count == 0; }
  void add_domain(const std::string& name, Mood mood);
  void add_real();
  Receiver::Fault some_fault(Receiver::Step step);
  SimNet::Conditions conditions(bool breaks);
  void pass(Duration time);
  void send();
  void disturb();
  void judge();
  void judge(int number, const Mail& mail, const std::string& to);
  Fate fate(int number, const std::string& to) const;
  void look_at_reports();
  void note(const std::string& reader, const std::string& report);

  std::mt19937_64 dice_;
  RelayWorld world_;
  RealPeer real_{world_.runtime};
  const TimePoint begin_ = world_.runtime.now();
  std::vector<std::string> domains_;
  std::map<TimePoint, std::function<void()>> heals_;
  std::map<int, Mail> mails_;
  std::map<Told, int> told_;
};

}  // namespace postroom::testing
