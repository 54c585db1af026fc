// A relay over a real store on a disk in memory, and the servers of others around it: on virtual time, so
// that five days pass in a moment.
#pragma once

#include <gtest/gtest.h>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/relay/relay.h"
#include "storage/sqlite/schema.h"
#include "storage/sqlite/store.h"
#include "tests/sim/sim_disk.h"
#include "tests/support/await.h"
#include "tests/support/fake_dialer.h"
#include "tests/support/fake_fetcher.h"
#include "tests/support/fake_resolver.h"
#include "tests/support/receiver.h"

namespace postroom::testing {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// What a report says of one recipient of one message.
struct Told {
  int number = 0;  ///< the message's; 0: the report gives none back
  std::string recipient;
  std::string action;  ///< "failed"
  friend auto operator<=>(const Told&, const Told&) = default;
  friend void PrintTo(const Told& told, std::ostream* out) {
    *out << told.number << " " << told.recipient << " " << told.action;
  }
};

class RelayWorld {
 public:
  explicit RelayWorld(std::uint64_t seed = 0);
  RelayWorld(const RelayWorld&) = delete;
  RelayWorld& operator=(const RelayWorld&) = delete;
  ~RelayWorld();

  /// A domain whose one server is this.
  Receiver& domain(const std::string& name);
  const std::string& address_of(const std::string& name) const { return addresses_.at(name); }

  /// A message into the queue. Its number, by which it is known again.
  int send(const std::string& from, const std::vector<std::string>& recipients, Notify notify = {},
           std::size_t size = 0);
  int send(const std::string& from, Outgoing outgoing, std::size_t size = 0);
  /// One of a form of its own, to one recipient.
  void send_content(const std::string& from, const std::string& recipient, const std::string& content);
  static std::string text(int number, std::size_t size);

  /// Opens the store, and has the relay run.
  void start();
  /// Drains, and aborts when `grace` is over. Closes the store.
  void stop(Duration grace = seconds(30));
  /// The power is cut: goes on with what the disk still holds.
  void crash(SimDisk::Loss loss);

  void pass(Duration time) { runtime.advance(time); }
  /// What a call of the store gives, in as much time as that takes.
  template <class T>
  auto wait(Task<T> task) {
    std::optional<std::conditional_t<std::is_void_v<T>, bool, T>> result;
    std::exception_ptr error;
    runtime.spawn(detail::keep_result(std::move(task), result, error));
    pass(Duration{});
    while (!result && !error) pass(std::chrono::milliseconds(10));
    if (error) std::rethrow_exception(error);
    return std::move(*result);
  }
  /// Until the queue is empty, by steps; false: it is not after `most`.
  bool finish(Duration most);
  /// As an administrator's command has it.
  sqlite::Connection database() const;
  /// Recipients in the queue.
  std::size_t queued();

  /// All that arrived in a user's inbox.
  std::vector<std::string> inbox(const std::string& user);
  std::vector<Told> told(const std::string& user);
  static std::vector<Told> told_by(const std::string& report);
  /// The number in a message's subject.
  static int number_of(const std::string& message);
  /// How often a server took a message for a recipient.
  static int count(const Receiver& receiver, int number, const std::string& recipient);

  SimRuntime runtime;
  SimNet net;
  FakeResolver resolver;
  FakeDialer dialer;
  FakeFetcher fetcher;
  std::unique_ptr<SimDisk> disk;
  std::unique_ptr<SqliteStore> store;
  relay::Relay::Options options;
  std::unique_ptr<relay::Relay> relay;
  std::list<Receiver> receivers;

 private:
  void make_users();
  Task<> wind_down(Duration grace);
  Task<> deliver(Outgoing outgoing, std::string content);

  std::map<std::string, std::string> addresses_;
  std::map<std::string, AccountId> users_;
  std::vector<std::unique_ptr<SimDisk>> old_disks_;
  int last_ = 0;
};

}  // namespace postroom::testing
