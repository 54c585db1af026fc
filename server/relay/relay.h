// Relay: empties the queue. It asks the store which destinations have mail that is due, and sends a courier
// to each; what is under way is known in memory only, so that nothing has to be mended after a crash.
#pragma once

#include <array>
#include <cstddef>
#include <set>
#include <string>

#include "server/relay/courier.h"

namespace postroom::relay {

class Relay {
 public:
  struct Options {
    Options() = default;
    std::string hostname;  ///< ours
    Schedule schedule;
    Routes routes;
    std::string srs_secret;      ///< that of smtp::Options
    std::size_t couriers = 100;  ///< destinations at a time, of each standing
  };

  Relay(Runtime& runtime, Store& store, Queue& queue, StsPolicyStore& policies, Resolver& resolver,
        Dialer& dialer, Fetcher& fetcher, Options options);

  /// Connections at a time: one for each courier, and as many others where there is much mail.
  static std::size_t most_connections(std::size_t couriers) { return 2 * kStandings * couriers; }

  /// Works until drain(), and returns when all couriers have.
  Task<> run();
  /// Begins no more messages; those under way may end.
  void drain();
  /// Those under way end at once, and stay in the queue.
  void abort();
  /// Waits for run() to return; false if `deadline` came first.
  Task<bool> closed(TimePoint deadline);

 private:
  Task<> send_couriers();
  Task<> send_courier(DueMail::Destination destination);
  std::size_t free_couriers(Standing standing) const {
    return most_ - couriers_[static_cast<std::size_t>(standing)];
  }
  Task<> put_off_for_bug(const std::string& destination);
  Task<> look_after_age();
  Task<> look_at_overdue();
  Task<bool> look_at(QueuePlace& after, bool expired);
  /// What couriers are at, at one moment: it may be done when an answer about the queue is here.
  struct Busy {
    std::set<std::string> destinations;
    UnderWay::All under_way;
  };
  Busy busy_now() const { return {claimed_, office_.under_way}; }
  bool is_under_way(const QueuedMail& mail, const Busy& busy) const;
  bool is_left_alone(const QueuedMail& mail, const Busy& busy) const;

  Office office_;
  Queue& queue_;
  const std::size_t most_;
  Signal news_;  // new mail, a courier is back, or a stop
  Signal closed_;
  std::set<std::string> claimed_;                   // destinations that couriers are at
  std::array<std::size_t, kStandings> couriers_{};  // those destinations' standings when they began
  TimePoint quiet_until_{};                         // the store had a fault: not before
  TimePoint next_look_{};                           // at what is late
  TimePoint next_due_ = kNever;
  QueuePlace expired_;  // how far it has looked
  QueuePlace untold_;
  bool over_ = true;
};

}  // namespace postroom::relay
