// The queue: mail that waits to be sent to other servers, as the store keeps it. Store::deliver() fills it,
// in the same transaction that stores the message for our own users; server/relay empties it.
//
// What is due is asked for by destination, the recipients' domain: one that cannot be reached is put off as a
// whole, by one row, however much mail waits for it. A route that an administrator has some mail take is a
// destination, too: "smtp://mail.example.net:25".
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/task.h"
#include "base/text.h"
#include "storage/content_form.h"
#include "storage/dsn.h"
#include "storage/trace.h"
#include "storage/types.h"

namespace postroom {

/// One message in the queue, under one reverse-path.
enum class QueueId : std::int64_t {};

/// Is a destination no domain but a route?
inline bool is_route(std::string_view destination) {
  return destination.find("://") != std::string_view::npos;
}

/// A recipient on another server.
struct OutgoingRecipient {
  OutgoingRecipient() = default;
  explicit OutgoingRecipient(std::string its_address) : address(std::move(its_address)) {}
  std::string address;
  RecipientDsn dsn;

  /// What is due is asked for by it: the domain, in lower case.
  std::string destination() const {
    const std::size_t at = address.rfind('@');
    return at == std::string::npos ? std::string() : lower(std::string_view(address).substr(at + 1));
  }
};

/// By when a message is to be delivered (RFC 2852).
struct DeliverBy {
  WallTime time{};       ///< the epoch: nobody has asked
  bool returns = false;  ///< it is returned then; otherwise its sender is told that it is late
  bool traced = false;   ///< its sender is told of each server that it is handed to

  bool asked() const { return time != WallTime{}; }
  friend bool operator==(const DeliverBy&, const DeliverBy&) = default;
};

/// What a message's sender says of the TLS that it goes by (RFC 8689).
enum class TlsDemand : std::uint8_t {
  usual,     ///< nothing: as the servers want it that it goes to
  required,  ///< REQUIRETLS: to servers that show who they are, and demand the same of the next one
  optional,  ///< "TLS-Required: No": as it can be had, whatever the servers want
};

/// How one message leaves.
struct Outgoing {
  Outgoing() = default;
  std::string id;            ///< what people call it: of our Received field, our log and our reply
  std::string reverse_path;  ///< without angle brackets; empty: "<>"
  bool utf8 = false;         ///< needs SMTPUTF8 (RFC 6531)
  ContentForm form = kAnyForm;
  TlsDemand tls = TlsDemand::usual;
  MailDsn dsn;
  WallTime release{};  ///< it is not tried before (RFC 4865)
  DeliverBy deliver_by;
  int priority = 0;  ///< from -9 to 9 (RFC 6710): higher ones leave first
  std::vector<OutgoingRecipient> recipients;
};

struct QueuedRecipient {
  QueuedRecipient() = default;
  std::uint32_t number = 0;  ///< among its message's
  OutgoingRecipient recipient;
  std::string route;  ///< that an administrator has chosen, "smtp://mail.example.net:25"; empty: as others
  std::uint32_t attempts = 0;
  WallTime due{};       ///< when it is tried (again), unless it is held
  bool held = false;    ///< by an administrator: it is not tried, and does not grow too old
  std::string problem;  ///< why it is still here; empty: not tried yet, or not since it was held or rerouted

  /// What is due is asked for by it. A route is a destination of its own.
  std::string destination() const { return route.empty() ? recipient.destination() : route; }
};

/// A message, with those of its recipients that were asked for.
struct QueuedMail {
  QueuedMail() = default;
  QueueId queue_id{};
  ContentId content{};
  std::uint64_t size = 0;
  WallTime arrived{};
  bool delay_told = false;  ///< its sender knows that it is late
  std::string id;
  std::string reverse_path;
  bool utf8 = false;
  ContentForm form = kAnyForm;
  TlsDemand tls = TlsDemand::usual;
  MailDsn dsn;
  WallTime release{};  ///< it is not tried before
  DeliverBy deliver_by;
  int priority = 0;
  std::vector<QueuedRecipient> recipients;

  bool waited() const { return release != WallTime{}; }
  /// Its age counts from then.
  WallTime begun() const { return std::max(arrived, release); }
};

/// Where a message stands in the queue, by its age.
struct QueuePlace {
  QueuePlace() = default;
  explicit QueuePlace(const QueuedMail& mail) : arrived(mail.arrived), queue_id(mail.queue_id) {}
  WallTime arrived{};
  QueueId queue_id{};
};

/// What is known of a destination.
enum class Standing : std::uint8_t {
  reached,  ///< it could be, when it was last tried
  untried,  ///< it was not for a long time
  failing,  ///< it could not be reached
};
inline constexpr std::size_t kStandings = 3;

/// How many destinations are asked for, of each standing.
class DueMost {
 public:
  DueMost(std::size_t of_each) { most_.fill(of_each); }
  std::size_t& operator[](Standing standing) { return most_[static_cast<std::size_t>(standing)]; }
  std::size_t operator[](Standing standing) const { return most_[static_cast<std::size_t>(standing)]; }

 private:
  std::array<std::size_t, kStandings> most_{};
};

struct DueMail {
  DueMail() = default;
  struct Destination {
    Destination() = default;
    std::string name;
    Standing standing = Standing::untried;
    std::uint32_t failures = 0;  ///< how often in a row it could not be reached
  };
  /// In the order of their standing, then the longest due first.
  std::vector<Destination> destinations;
  /// When the next one is due: in a far future where all mail is held; nothing: no mail waits for a time.
  std::optional<WallTime> next;
  /// It changes when an administrator changes the queue: what was asked for before may not be due any more.
  std::int64_t edits = 0;
};

/// Mail for one destination.
struct DueBatch {
  DueBatch() = default;
  std::vector<QueuedMail> mail;
  std::int64_t edits = 0;  ///< as in DueMail, of the same moment
};

/// What became of some recipients of a message.
struct QueueProgress {
  QueueProgress() = default;
  struct PutOff {
    PutOff() = default;
    std::uint32_t number = 0;
    WallTime due{};
    std::string problem;
  };
  QueueId queue_id{};
  std::vector<std::uint32_t> finished;  ///< numbers of those that the queue is done with
  std::vector<PutOff> put_off;
  std::string destination;  ///< that was tried: what has another one by now is not put off; empty: none
  bool reached = false;     ///< it was talked to
  bool delay_told = false;  ///< the message's sender has been told that it is late
  bool by_told = false;     ///< its sender has been told that it was not delivered by the time it said
  std::vector<TraceEvent> events;  ///< the same for the trace
};

/// The part of the store that the relay works on. As for Store: what changes something returns when that is
/// durable, and StoreFault is our own fault. Mail that is gone meanwhile is passed over.
class Queue {
 public:
  virtual ~Queue() = default;

  /// Called on the loop when there is new mail in the queue.
  virtual void on_queued(std::function<void()> told) = 0;

  /// Destinations that have mail to be tried at `now`, up to `most` of each standing.
  virtual Task<DueMail> due(WallTime now, DueMost most) = 0;
  /// Mail for one destination to be tried at `now`, by priority, the longest due first: so much that it has
  /// up to `most` recipients.
  virtual Task<DueBatch> due_at(std::string destination, WallTime now, std::size_t most) = 0;
  /// Numbers of a message's recipients that the destination still is to be tried for: not those that an
  /// administrator has rerouted, held or dropped.
  virtual Task<std::vector<std::uint32_t>> remaining(QueueId message, std::string destination) = 0;
  /// Some mail behind `after` that came, or was released, before `arrived` and is still here, with all
  /// recipients that are not held (up to `most` of each), the oldest first; with `untold` only that whose
  /// sender has not been told of a delay.
  virtual Task<std::vector<QueuedMail>> late(WallTime arrived, bool untold, QueuePlace after,
                                             std::size_t most) = 0;

  /// Some mail whose DeliverBy is before `now`, as late().
  virtual Task<std::vector<QueuedMail>> overdue(WallTime now, std::size_t most) = 0;

  virtual Task<> progress(QueueProgress progress) = 0;
  /// A destination cannot be reached: nothing for it is due before `until`, but for new mail, which is worth
  /// another attempt before long.
  virtual Task<> put_off(std::string destination, WallTime until, std::string problem) = 0;
};

}  // namespace postroom
