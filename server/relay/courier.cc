#include "server/relay/courier.h"

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "server/relay/content.h"
#include "server/relay/demand.h"
#include "server/relay/dns_records.h"

namespace postroom::relay {

namespace {

/// Recipients looked up at a time; also the most that one transaction has (RFC 5321 4.5.3.1.8).
constexpr std::size_t kBatch = 100;
/// Recipients looked up at a time where all of them are with another courier.
constexpr std::size_t kMostLookedAt = 64 * kBatch;
/// Connections to one destination at a time.
constexpr std::size_t kMostCarriers = 8;
/// Connections in a row that end with a message under way before we leave it alone for a while.
constexpr std::size_t kMostInVain = 3;
/// The DNS is asked again after this; somebody else goes then, if there still is mail.
constexpr std::chrono::minutes kHostsGood{5};
/// A connection begins no message after this: others want to be served, too.
constexpr std::chrono::minutes kLongestUse{5};
/// What failed is tried again after this when there is no room for the report.
constexpr std::chrono::minutes kReportLater{5};
/// What cannot be written down is tried again after this.
constexpr std::chrono::seconds kPatience{5};
/// What another courier has is looked for again after this.
constexpr std::chrono::seconds kMoment{1};

bool is_our_fault(const smtp::RemoteReply& reply) { return reply.ours && reply.status == Courier::kOurFault; }

/// Nothing of the message can have been taken: the connection has ended before, or is about to.
bool is_end(const smtp::RemoteReply& reply) {
  const bool lost = reply.ours && !reply.unsure && !is_our_fault(reply) && reply.transient();
  return lost || reply.code == 421;
}

/// Without those that were not taken and are not to be tried there any more.
void keep_remaining(QueuedMail& mail, std::vector<smtp::RemoteReply>& replies,
                    const std::vector<std::uint32_t>& remaining) {
  for (std::size_t i = replies.size(); i-- > 0;) {
    if (replies[i].positive() || std::ranges::count(remaining, mail.recipients[i].number) > 0) continue;
    mail.recipients.erase(mail.recipients.begin() + static_cast<std::ptrdiff_t>(i));
    replies.erase(replies.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

/// RFC 3463 3.5
smtp::RemoteReply out_of_time() {
  return smtp::RemoteReply::made(554, "5.4.7", "it could not be delivered in the time that you gave it");
}

}  // namespace

Task<> Courier::run() {
  co_await next_batch();
  if (std::ranges::any_of(batch_, &QueuedMail::waited)) {
    const bool here = co_await office_.local_delivery.is_here(destination_);
    if (here) co_return co_await deliver_here();
  }
  co_await find_hosts();
  if (targets_.hosts.empty()) co_return co_await deliver_nowhere();
  co_await find_policy();
  while (!batch_.empty() && office_.may_begin() && office_.runtime.now() < look_again_) {
    const std::vector<QueuedMail> due = std::exchange(batch_, {});
    for (const TlsDemand demand : kInTurn) {
      co_await deliver_all(due, demand);
      if (!unreachable_.empty()) co_return co_await put_off(unreachable_);
    }
    co_await next_batch();
  }
}

Task<> Courier::deliver_all(const std::vector<QueuedMail>& due, TlsDemand demand) {
  demand_ = demand;
  batch_ = with_demand(due, demand);
  if (batch_.empty()) co_return;
  co_await deliver_batch();
  if (fault_) std::rethrow_exception(fault_);
  if (demand == TlsDemand::required && !unreachable_.empty()) co_await end_each();
}

/// Without what another courier has had meanwhile: it may be done with that. Where the queue has been changed
/// since anybody looked, others have to know first that it was: then all is read again.
Task<> Courier::next_batch() {
  std::size_t most = kBatch;
  do {
    if (std::exchange(elsewhere_, false)) {
      const TimePoint soon = office_.runtime.now() + kMoment;
      co_await sleep_until(office_.runtime, soon);
    }
    batch_edits_ = office_.edits;
    const UnderWay::All before = office_.under_way;
    const WallTime now = office_.runtime.wall_now();
    DueBatch due = co_await office_.queue.due_at(destination_, now, most);
    office_.note_edits(due.edits);
    batch_ = std::move(due.mail);
    elsewhere_ =
        std::erase_if(batch_, [&](const QueuedMail& mail) { return UnderWay::is_in(before, mail); }) > 0;
    // There may be other mail behind it.
    if (batch_.empty() && elsewhere_) most = std::min(2 * most, kMostLookedAt);
  } while (office_.may_begin() && (office_.edits != batch_edits_ || (batch_.empty() && elsewhere_)));
  for (QueuedMail& mail : batch_)
    if (mail.recipients.size() > kBatch) mail.recipients.resize(kBatch);
}

Task<> Courier::find_hosts() {
  look_again_ = office_.runtime.now() + kHostsGood;
  try {
    route_ = office_.routes.of(destination_);
  } catch (const std::runtime_error& error) {
    targets_.text = error.what();
    co_return;
  }
  if (route_.host.empty()) {
    targets_ = co_await find_targets(office_.runtime, office_.resolver, destination_, office_.hostname);
    co_return;
  }
  Target target;
  target.host = route_.host;
  if (route_.numeric) target.addresses.push_back(route_.host);
  targets_.hosts.push_back(std::move(target));
  targets_.secure = true;  // it is not by the DNS that we know it
}

/// That of a host that was chosen by hand is its own (RFC 8461 3.4); where such a one has to have TLS, it
/// says nothing new. Nothing speaks for an address.
Task<> Courier::find_policy() {
  const bool by_hand = !route_.host.empty();
  const std::string domain = by_hand ? lower(route_.host) : targets_.domain;
  if (by_hand && (route_.numeric || route_.lmtp || route_.tls != Route::Tls::if_offered)) co_return;
  if (!is_dns_name(domain)) co_return;
  targets_.sts = co_await office_.sts.of(domain);
}

/// Each message by one of the carriers, who share them out among themselves.
Task<> Courier::deliver_batch() {
  next_ = 0;
  const std::size_t carriers = std::min(carriers_, batch_.size());
  for (std::size_t i = 0; i < carriers; ++i) {
    if (i > 0 && office_.carriers >= office_.most_carriers) break;
    ++office_.carriers;
    ++running_;
    office_.runtime.spawn(carry());
  }
  while (running_ > 0) {
    co_await done_.wait();
  }
  carriers_ = std::min(2 * carriers_, kMostCarriers);
}

Task<> Courier::carry() {
  try {
    co_await carry_all();
  } catch (...) {
    fault_ = std::current_exception();
  }
  --office_.carriers;
  --running_;
  done_.raise();
}

Task<> Courier::carry_all() {
  Connected to;
  bool reused = false;  // the connection has carried a message
  const QueuedMail* mail = nullptr;
  while ((mail || next_ < batch_.size()) && unreachable_.empty() && !fault_ && batch_holds()) {
    if (!to.client) {
      // One that was good enough for other mail may not be for this, and the other way round.
      if (demand_ == TlsDemand::usual) to = office_.lingering.take(terms());
      reused = to.client != nullptr;
    }
    if (!to.client) {
      to = co_await connect();
      if (!to.client) {
        // Others may have got through; then it is their number that is too high.
        if (running_ == 1 || next_ == 0) cannot_reach(to.why, to.unmet);
        carriers_ = 1;
        co_return;
      }
      if (!batch_holds()) break;
    }
    if (!mail && next_ >= batch_.size()) break;
    if (reused && office_.runtime.now() >= to.enough) break;
    if (!mail) mail = &batch_[next_++];
    const Carried carried = co_await deliver(*to.client, to.host, *mail, reused);
    reused = true;
    if (carried != Carried::not_begun) {
      mail = nullptr;
      in_vain_ = carried == Carried::well || to.client->usable() ? 0 : in_vain_ + 1;
      if (in_vain_ == kMostInVain) cannot_reach(to.host + " ends one connection after the other", "");
    }
    if (!to.client->may_send()) {
      co_await leave(to);
    }
  }
  if (to.client && demand_ == TlsDemand::usual) co_return office_.lingering.keep(terms(), std::move(to));
  co_await leave(to);
}

/// A connection that was made before there was a policy to be heeded is none for mail that it is heeded for.
std::string Courier::terms() const {
  const bool enforced = targets_.sts.policy && targets_.sts.policy->mode == StsPolicy::Mode::enforce;
  return destination_ + (enforced ? " by MTA-STS" : "");
}

Task<Connected> Courier::connect() {
  Connected to = co_await office_.connector.connect(targets_, route_, demand_);
  to.enough = office_.runtime.now() + kLongestUse;
  co_return to;
}

Task<> Courier::leave(Connected& to) {
  const std::unique_ptr<smtp::Client> client = std::move(to.client);
  if (!client || !client->usable()) co_return;
  const Clients::Use use(office_.clients, *client);
  co_await client->quit();
}

Task<Courier::Carried> Courier::deliver(smtp::Client& client, const std::string& host, const QueuedMail& mail,
                                        bool reused) {
  const UnderWay under_way(office_.under_way, mail);
  if (!ours(under_way)) co_return Carried::well;
  const Clients::Use use(office_.clients, client);
  Remote remote;
  remote.host = host;
  remote.tells_success = client.abilities().dsn;
  remote.keeps_time = client.abilities().deliver_by;
  remote.tls = client.tls();
  std::vector<smtp::RemoteReply> replies = co_await send_or_put_off(client, mail);
  // Many a server has enough after some messages, and says so when the next one begins.
  if (reused && !client.usable() && std::ranges::all_of(replies, is_end)) co_return Carried::not_begun;
  const bool taken = std::ranges::any_of(replies, &smtp::RemoteReply::positive);
  const bool well = taken || is_our_fault(replies.front());
  co_await record(mail, std::move(replies), std::move(remote));
  failures_ = 0;
  co_return well ? Carried::well : Carried::not_taken;
}

/// A message that cannot be read waits, as for any other reason, and holds up no other.
Task<std::vector<smtp::RemoteReply>> Courier::send_or_put_off(smtp::Client& client, const QueuedMail& mail) {
  std::string fault;
  const char* event = "relay.bug";
  try {
    co_return co_await send(client, mail);
  } catch (const StoreFault& error) {
    event = "relay.store_fault";
    fault = error.what();
  } catch (const std::exception& error) {
    fault = error.what();
    client.abort();
  }
  log::error(event, {{"id", mail.id}, {"what", fault}});
  const auto reply =
      smtp::RemoteReply::made(451, Courier::kOurFault, "this server could not read the message");
  co_return std::vector<smtp::RemoteReply>(mail.recipients.size(), reply);
}

Task<std::vector<smtp::RemoteReply>> Courier::send(smtp::Client& client, const QueuedMail& mail) {
  StoredContent content(office_.store, mail);
  co_await content.begin();
  const WallTime now = office_.runtime.wall_now();
  if (mail.deliver_by.returns && mail.deliver_by.time <= now)
    co_return std::vector<smtp::RemoteReply>(mail.recipients.size(), out_of_time());
  smtp::OutgoingMail outgoing = outgoing_mail(mail, now);
  outgoing.size = content.size();
  outgoing.require_tls = requires_tls(mail, client);
  const ContentForm carried = carried_by(client.abilities());
  outgoing.eight_bit = carried.beyond_ascii && mail.form.beyond_ascii;
  outgoing.binary = client.abilities().binary && !mail.form.within({.beyond_ascii = true});
  const bool refused = mail.utf8 && !client.abilities().smtputf8;
  if (refused || mail.form.within(carried)) {
    co_return co_await client.send(std::move(outgoing), content);
  }
  mime::Conversion conversion = co_await survey(office_.runtime, content, carried);
  if (!conversion.refusal.empty())
    co_return std::vector<smtp::RemoteReply>(mail.recipients.size(), not_converted(conversion));
  if (!conversion.needed) {
    co_return co_await client.send(std::move(outgoing), content);
  }
  outgoing.size = 0;  // nobody knows before
  ConvertedContent converted(office_.runtime, content, std::move(conversion));
  co_return co_await client.send(std::move(outgoing), converted);
}

/// What became of it, by nobody's answer where there was no server. An administrator may want some of it to
/// go elsewhere by now, or to wait: for that a refusal is not the end, and stays as it was changed.
Task<> Courier::record(const QueuedMail& mail, std::vector<smtp::RemoteReply> replies, Remote remote) {
  log_replies(mail, remote, replies);
  QueuedMail left = mail;
  if (!std::ranges::all_of(replies, &smtp::RemoteReply::positive)) {
    const auto remaining = co_await office_.queue.remaining(mail.queue_id, destination_);
    keep_remaining(left, replies, remaining);
  }
  if (left.recipients.empty()) co_return;
  Outcome outcome = outcome_of(left, replies, remote, office_.schedule, office_.runtime.wall_now());
  co_await write_down(left, std::move(outcome));
}

/// What another server has taken must not be sent again, even when our disk is full: this does not give up
/// before the server stops, and meanwhile nobody else begins.
Task<> Courier::write_down(const QueuedMail& mail, Outcome outcome) {
  std::string fault = co_await try_to_record(mail, outcome);
  if (fault.empty()) co_return;
  ++office_.unrecorded;
  // A report needs room, which there is when mail has gone out.
  const WallTime later = office_.runtime.wall_now() + kReportLater;
  drop_report(outcome, later);
  while (!fault.empty() && !office_.draining) {
    log::error("relay.store_fault", {{"id", mail.id}, {"what", fault}});
    fault = co_await try_to_record(mail, outcome);
    if (fault.empty()) break;
    const TimePoint again = office_.runtime.now() + kPatience;
    co_await sleep_until(office_.runtime, again);
  }
  --office_.unrecorded;
  if (!fault.empty()) throw StoreFault(fault);
}

/// Empty: it is written down.
Task<std::string> Courier::try_to_record(const QueuedMail& mail, const Outcome& outcome) {
  try {
    co_await office_.reporter.record(mail, outcome);
    co_return std::string();
  } catch (const StoreFault& error) {
    co_return std::string(error.what());
  }
}

}  // namespace postroom::relay
