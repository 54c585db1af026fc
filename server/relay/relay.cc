#include "server/relay/relay.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace postroom::relay {

namespace {

/// The command line changes the queue, too, in another process.
constexpr std::chrono::seconds kLookAgain{2};
/// How often what is late or too old is looked for, and how much at a time.
constexpr std::chrono::seconds kLookAtAge{60};
constexpr std::size_t kLate = 20;
constexpr std::size_t kOverdue = 100;
/// After a fault of the store.
constexpr std::chrono::seconds kQuiet{10};

/// After a bug that has to do with a destination.
constexpr std::chrono::hours kBugPause{1};

}  // namespace

Relay::Relay(Runtime& runtime, Store& store, Queue& queue, StsPolicyStore& policies, Resolver& resolver,
             Dialer& dialer, Fetcher& fetcher, Options options)
    : office_(runtime, store, queue, policies, resolver, dialer, fetcher, options.hostname, options.schedule,
              std::move(options.routes), options.srs_secret, most_connections(options.couriers)),
      queue_(queue),
      most_(options.couriers),
      news_(runtime),
      closed_(runtime) {
  queue.on_queued([this] { news_.raise(); });
  office_.lingering.on_empty([this] { news_.raise(); });
}

void Relay::drain() {
  office_.draining = true;
  office_.lingering.close();
  news_.raise();
}

void Relay::abort() {
  drain();
  office_.clients.abort();
}

Task<bool> Relay::closed(TimePoint deadline) {
  while (!over_) {
    const Wake wake = co_await closed_.wait(deadline);
    if (wake == Wake::deadline) break;
  }
  co_return over_;
}

Task<> Relay::run() {
  over_ = false;
  while (!office_.draining) {
    std::string fault;
    try {
      co_await look_after_age();
      co_await send_couriers();
    } catch (const std::exception& error) {
      fault = error.what();
    }
    TimePoint wake = std::min(next_due_, next_look_);
    if (!fault.empty()) {
      log::error("relay.store_fault", {{"what", fault}});
      wake = office_.runtime.now() + kQuiet;
    }
    co_await news_.wait(std::max(wake, quiet_until_));
  }
  while (!claimed_.empty() || office_.lingering.count() > 0) {
    co_await news_.wait();
  }
  over_ = true;
  closed_.raise();
}

/// Each standing has couriers of its own: mail for where somebody answers waits neither for those who don't
/// nor for those of whom nobody knows.
Task<> Relay::send_couriers() {
  const TimePoint now = office_.runtime.now();
  next_due_ = quiet_until_;
  if (now < quiet_until_) co_return;
  DueMost most = 0;
  for (const Standing standing : {Standing::reached, Standing::untried, Standing::failing})
    if (free_couriers(standing) > 0) most[standing] = claimed_.size() + free_couriers(standing);
  const DueMail due = co_await queue_.due(office_.runtime.wall_now(), most);
  office_.note_edits(due.edits);
  for (const DueMail::Destination& destination : due.destinations) {
    if (!office_.may_begin()) break;
    if (free_couriers(destination.standing) == 0) continue;
    if (!claimed_.insert(destination.name).second) continue;
    ++couriers_[static_cast<std::size_t>(destination.standing)];
    office_.runtime.spawn(send_courier(destination));
  }
  const bool empty = due.destinations.empty() && !due.next;
  next_due_ = empty ? kNever : now + kLookAgain;
}

Task<> Relay::send_courier(DueMail::Destination destination) {
  Courier courier(office_, destination.name, destination.failures);
  bool bug = false;
  try {
    co_await courier.run();
  } catch (const StoreFault& error) {
    log::error("relay.store_fault", {{"destination", destination.name}, {"what", error.what()}});
    quiet_until_ = office_.runtime.now() + kQuiet;
  } catch (const std::exception& error) {
    log::error("relay.bug", {{"destination", destination.name}, {"what", error.what()}});
    bug = true;
  }
  if (bug) {
    co_await put_off_for_bug(destination.name);
  }
  claimed_.erase(destination.name);
  --couriers_[static_cast<std::size_t>(destination.standing)];
  news_.raise();
}

/// Others are not held up by it.
Task<> Relay::put_off_for_bug(const std::string& destination) {
  try {
    const WallTime until = office_.runtime.wall_now() + kBugPause;
    co_await queue_.put_off(destination, until, "a fault of this server; its log says more");
  } catch (const StoreFault& error) {
    log::error("relay.store_fault", {{"destination", destination}, {"what", error.what()}});
    quiet_until_ = office_.runtime.now() + kQuiet;
  }
}

/// Mail that is given up, or that its sender has to be told of: some of it, so that couriers leave meanwhile.
Task<> Relay::look_after_age() {
  const TimePoint now = office_.runtime.now();
  if (now < next_look_) co_return;
  next_look_ = now + kLookAtAge;
  co_await look_at_overdue();
  const bool more_expired = co_await look_at(expired_, true);
  const bool more_untold = co_await look_at(untold_, false);
  if (more_expired || more_untold) next_look_ = now;
}

/// True: there is more. Nobody leaves while this runs.
Task<bool> Relay::look_at(QueuePlace& after, bool expired) {
  const std::chrono::seconds age = expired ? office_.schedule.give_up : office_.schedule.tell_delay;
  const Busy busy = busy_now();
  const QueuePlace from = std::exchange(after, {});
  const std::vector<QueuedMail> late =
      co_await queue_.late(office_.runtime.wall_now() - age, !expired, from, kLate);
  for (const QueuedMail& mail : late) {
    if (office_.draining) co_return false;
    if (!is_left_alone(mail, busy)) continue;
    Outcome outcome = expired ? too_old(mail) : delayed(mail);
    log::info(expired ? "relay.expired" : "relay.delayed", {{"id", mail.id}, {"from", mail.reverse_path}});
    co_await office_.reporter.record(mail, std::move(outcome));
  }
  const bool more = late.size() == kLate;
  if (more) after = QueuePlace(late.back());
  co_return more;
}

/// RFC 2852: also what was never tried.
Task<> Relay::look_at_overdue() {
  const Busy busy = busy_now();
  const WallTime now = office_.runtime.wall_now();
  const std::vector<QueuedMail> all = co_await queue_.overdue(now, kOverdue);
  for (const QueuedMail& mail : all) {
    if (office_.draining) co_return;
    if (is_under_way(mail, busy)) continue;
    log::info("relay.overdue", {{"id", mail.id}, {"from", mail.reverse_path}});
    Outcome outcome = overdue(mail);
    co_await office_.reporter.record(mail, std::move(outcome));
  }
}

/// With a courier: also one that was meant to go elsewhere.
bool Relay::is_under_way(const QueuedMail& mail, const Busy& busy) const {
  if (UnderWay::is_in(busy.under_way, mail) || UnderWay::is_in(office_.under_way, mail)) return true;
  return std::ranges::any_of(mail.recipients, [&](const QueuedRecipient& recipient) {
    return busy.destinations.contains(recipient.destination());
  });
}

/// Not what a courier has under way, and not what was never tried, because the server didn't run.
bool Relay::is_left_alone(const QueuedMail& mail, const Busy& busy) const {
  return !is_under_way(mail, busy) &&
         std::ranges::none_of(mail.recipients,
                              [](const QueuedRecipient& recipient) { return recipient.problem.empty(); });
}

}  // namespace postroom::relay
