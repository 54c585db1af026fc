// Courier: brings one destination the mail that is due for it, over one connection or several, until none is
// left or it cannot be reached.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/relay/lingering.h"
#include "server/relay/local_delivery.h"
#include "server/relay/reporter.h"
#include "server/relay/sts_policies.h"
#include "server/relay/under_way.h"

namespace postroom::relay {

/// What all couriers work with.
struct Office {
  Office(Runtime& its_runtime, Store& its_store, Queue& its_queue, StsPolicyStore& policies,
         Resolver& its_resolver, Dialer& dialer, Fetcher& fetcher, const std::string& its_hostname,
         Schedule its_schedule, Routes its_routes, const std::string& srs_secret,
         std::size_t its_most_carriers)
      : runtime(its_runtime),
        store(its_store),
        queue(its_queue),
        resolver(its_resolver),
        hostname(its_hostname),
        schedule(its_schedule),
        routes(std::move(its_routes)),
        most_carriers(its_most_carriers),
        sts(its_runtime, its_resolver, fetcher, policies),
        connector(its_runtime, its_resolver, dialer, clients, its_hostname),
        lingering(its_runtime, clients),
        reporter(its_runtime, its_store, its_queue, its_hostname, its_schedule, srs_secret),
        local_delivery(its_runtime, its_store, reporter, its_hostname, srs_secret) {}

  Runtime& runtime;
  Store& store;
  Queue& queue;
  Resolver& resolver;
  const std::string hostname;
  const Schedule schedule;
  const Routes routes;
  const std::size_t most_carriers;  ///< connections at a time; each courier may have one all the same
  std::size_t carriers = 0;
  Clients clients;
  StsPolicies sts;
  Connector connector;
  Lingering lingering;
  Reporter reporter;
  LocalDelivery local_delivery;
  UnderWay::All under_way;
  bool draining = false;       ///< nobody begins another message
  std::int64_t edits = 0;      ///< of the queue, as DueMail says
  std::size_t unrecorded = 0;  ///< messages whose outcome cannot be written down now: nor does anybody then

  bool may_begin() const { return !draining && unrecorded == 0; }
  /// Answers may overtake each other.
  void note_edits(std::int64_t seen) { edits = std::max(edits, seen); }
};

class Courier {
 public:
  /// `failures`: how often in a row the destination could not be reached.
  Courier(Office& office, std::string destination, std::uint32_t failures)
      : office_(office), destination_(std::move(destination)), failures_(failures), done_(office.runtime) {}

  /// Throws StoreFault.
  Task<> run();

  /// X.3.0 of RFC 3463 3.4
  static constexpr const char* kOurFault = "4.3.0";

 private:
  Task<> find_hosts();
  Task<> find_policy();
  Task<> next_batch();
  Task<> deliver_nowhere();
  /// May another message of the batch be begun? An administrator may have held or removed it meanwhile.
  bool batch_holds() const { return office_.may_begin() && office_.edits == batch_edits_; }
  /// What is not has to be looked for again.
  bool ours(const UnderWay& under_way) {
    elsewhere_ = elsewhere_ || !under_way.ours();
    return under_way.ours();
  }
  Task<> deliver_all(const std::vector<QueuedMail>& due, TlsDemand demand);
  Task<> end_each();
  Task<> deliver_batch();
  Task<> carry();
  Task<> carry_all();
  void cannot_reach(std::string why, std::string unmet) {
    unreachable_ = std::move(why);
    unmet_ = std::move(unmet);
  }
  std::string terms() const;
  Task<Connected> connect();
  Task<> leave(Connected& to);
  enum class Carried {
    well,       ///< taken for somebody; or it wasn't the server's fault
    not_taken,  ///< for nobody
    not_begun,  ///< the connection was at its end: another one may do
  };
  Task<Carried> deliver(smtp::Client& client, const std::string& host, const QueuedMail& mail, bool reused);
  Task<std::vector<smtp::RemoteReply>> send_or_put_off(smtp::Client& client, const QueuedMail& mail);
  Task<std::vector<smtp::RemoteReply>> send(smtp::Client& client, const QueuedMail& mail);
  Task<> record(const QueuedMail& mail, std::vector<smtp::RemoteReply> replies, Remote remote);
  Task<> write_down(const QueuedMail& mail, Outcome outcome);
  Task<std::string> try_to_record(const QueuedMail& mail, const Outcome& outcome);
  Task<> deliver_here();
  Task<smtp::RemoteReply> bring_home_or_put_off(const QueuedMail& mail);
  Task<> fail_for_good();
  Task<> put_off(std::string why);

  Office& office_;
  const std::string destination_;
  Route route_;
  std::uint32_t failures_;  // in a row, that it could not be reached
  Targets targets_;
  TimePoint look_again_{};               // for hosts, which may have moved
  TlsDemand demand_ = TlsDemand::usual;  // of all mail in batch_
  std::vector<QueuedMail> batch_;
  std::int64_t batch_edits_ = 0;  // of the queue, when it was asked for
  bool elsewhere_ = false;        // some of batch_ is with another courier
  std::size_t next_ = 0;          // of batch_, to be sent
  std::size_t carriers_ = 1;      // connections at a time: twice as many after each batch that went well
  std::size_t running_ = 0;
  std::size_t in_vain_ = 0;  // connections in a row that ended with a message under way
  Signal done_;
  std::string unreachable_;  // why
  std::string unmet_;        // Connected::unmet of that
  std::exception_ptr fault_;
};

}  // namespace postroom::relay
