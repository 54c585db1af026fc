#include "tests/relay/scenario.h"

#include <algorithm>
#include <set>

namespace postroom::testing {

namespace {

using Step = Receiver::Step;
using Fault = Receiver::Fault;

constexpr minutes kGiveUp{40};
constexpr const char* kAlice = "alice@example.org";
constexpr const char* kEve = "eve@steady.example";

std::string domain_of(const std::string& address) { return address.substr(address.find('@') + 1); }

}  // namespace

Task<> RealPeer::serve(std::unique_ptr<Stream> stream) {
  Connection connection;
  connection.stream = std::move(stream);
  connection.peer.address = "192.0.2.1";
  return smtp::serve(std::move(connection), service_, options_, smtp::Port::transfer, send_limits_);
}

Scenario::Scenario(std::uint64_t seed) : dice_(seed), world_(seed) {
  relay::Schedule& schedule = world_.options.schedule;
  schedule.waits = {minutes(1), minutes(3), minutes(5)};
  schedule.give_up = kGiveUp;
  schedule.tell_delay = minutes(15);
  world_.options.couriers = 1 + up_to(6);
  world_.domain("steady.example");
  add_real();
  for (std::size_t i = 0; i < 5; ++i)
    add_domain("d" + std::to_string(i) + ".example",
               static_cast<Mood>(up_to(static_cast<std::size_t>(Mood::count) - 1)));
  if (one_in(2)) world_.runtime.slow_jobs(std::chrono::milliseconds(1 + up_to(2000)));
}

void Scenario::add_real() {
  domains_.emplace_back("real.example");
  for (const char* user : {"yes0@real.example", "yes1@real.example"}) real_.store.add_account(user);
  world_.resolver["real.example"].mx = {{10, "mx.real.example"}};
  world_.resolver["mx.real.example"].addresses = {"10.9.9.9"};
  FakeDialer::Peer& peer = world_.dialer.peers["10.9.9.9"];
  peer.serve = [this](std::unique_ptr<Stream> stream) { return real_.serve(std::move(stream)); };
  peer.conditions = conditions(false);
}

SimNet::Conditions Scenario::conditions(bool breaks) {
  SimNet::Conditions made;
  const std::size_t pieces[] = {3, 100, 1 << 16};
  made.piece = pieces[up_to(2)];
  made.window = made.piece + up_to(5000);
  made.delay = std::chrono::milliseconds(up_to(200));
  made.restless = one_in(2);
  if (breaks) made.reset_after[up_to(1)] = 200 + up_to(3000);
  return made;
}

Fault Scenario::some_fault(Step step) {
  if (step == Step::end && one_in(4)) return one_in(2) ? Fault::lost : Fault::lost_late;
  const Fault all[] = {Fault::transient, Fault::permanent, Fault::busy,    Fault::close,
                       Fault::reset,     Fault::hang,      Fault::nonsense};
  return all[up_to(6)];
}

void Scenario::add_domain(const std::string& name, Mood mood) {
  domains_.push_back(name);
  Receiver& receiver = world_.domain(name);
  if (one_in(2)) receiver.abilities.clear();
  if (one_in(2)) receiver.abilities.emplace_back("STARTTLS");
  FakeDialer::Peer& peer = world_.dialer.peers[world_.address_of(name)];
  peer.conditions = conditions(one_in(4));
  const FakeDialer::Peer healthy = peer;
  const TimePoint heals = begin_ + Duration(up_to(static_cast<std::size_t>(Duration(2 * kGiveUp).count())));
  receiver.fault = [this, mood, heals](Step step, const std::string& to) {
    if (to.starts_with("no")) return Fault::permanent;
    if (mood == Mood::flaky && one_in(8)) return some_fault(step);
    const bool grey = mood == Mood::greylists && step == Step::recipient && world_.runtime.now() < heals;
    return grey ? Fault::transient : Fault::none;
  };
  FakeResolver::Name& records = world_.resolver[name];
  switch (mood) {
    case Mood::slow: receiver.pause = seconds(1 + up_to(20)); break;
    case Mood::down: world_.dialer.peers.erase(world_.address_of(name)); break;
    case Mood::silent: peer.serve = nullptr; break;
    case Mood::no_answer: records.lookup = relay::Lookup::failed; break;
    case Mood::forged: records.lookup = relay::Lookup::bogus; break;
    case Mood::no_domain: records.lookup = relay::Lookup::no_name; return;
    case Mood::no_mail: records.mx = {{0, ""}}; return;
    default: return;
  }
  heals_[heals] = [this, name, healthy] {
    world_.dialer.peers[world_.address_of(name)] = healthy;
    world_.resolver[name].lookup = relay::Lookup::found;
  };
}

/// Lets time pass, in which servers come back.
void Scenario::pass(Duration time) {
  const TimePoint end = world_.runtime.now() + time;
  while (!heals_.empty() && heals_.begin()->first <= end) {
    const auto [when, heal] = *heals_.begin();
    heals_.erase(heals_.begin());
    if (when > world_.runtime.now()) world_.pass(when - world_.runtime.now());
    heal();
  }
  if (end > world_.runtime.now()) world_.pass(end - world_.runtime.now());
}

void Scenario::send() {
  Mail mail;
  const std::string senders[] = {kAlice, kAlice, kEve, ""};
  mail.from = senders[up_to(3)];
  if (one_in(4)) mail.notify.said = true;
  if (mail.notify.said && one_in(2)) mail.notify.success = mail.notify.failure = true;
  std::set<std::string> to;
  for (std::size_t count = 1 + up_to(5); count > 0; --count)
    to.insert((one_in(5) ? "no" : "yes") + std::to_string(up_to(1)) + "@" +
              domains_[up_to(domains_.size() - 1)]);
  mail.to.assign(to.begin(), to.end());
  mails_[world_.send(mail.from, mail.to, mail.notify, up_to(one_in(10) ? 200'000 : 2'000))] = mail;
}

/// Something that happens to us.
void Scenario::disturb() {
  if (one_in(3)) {
    ++seen.stops;
    world_.stop(seconds(up_to(30)));
    world_.start();
  } else if (one_in(2)) {
    ++seen.cuts;
    const SimDisk::Loss losses[] = {SimDisk::Loss::everything, SimDisk::Loss::nothing, SimDisk::Loss::some,
                                    SimDisk::Loss::tail};
    world_.crash(losses[up_to(3)]);
  } else {
    ++seen.full;
    world_.disk->capacity = world_.disk->used() + up_to(20'000);
    pass(seconds(up_to(300)));
    world_.disk->capacity = ~std::uint64_t{0};
  }
}

void Scenario::play() {
  world_.start();
  for (std::size_t steps = 3 + up_to(6); steps > 0; --steps) {
    for (std::size_t count = up_to(6); count > 0; --count) send();
    pass(std::chrono::milliseconds(up_to(one_in(2) ? 5'000 : 400'000)));
    if (one_in(3)) disturb();
  }
  pass(kGiveUp);
  for (int i = 0; i < 180 && world_.queued() > 0; ++i) pass(minutes(1));
  EXPECT_EQ(world_.queued(), 0u);
  judge();
}

void Scenario::look_at_reports() {
  for (const char* user : {kAlice, "bob@example.org", "postmaster@example.org"})
    for (const std::string& report : world_.inbox(user)) note(user, report);
  std::set<std::string> ids;
  for (const Receiver::Taken& taken : world_.receivers.front().taken) {
    const std::size_t at = taken.content.find("Message-ID: ");
    if (ids.insert(taken.content.substr(at, taken.content.find("\r\n", at) - at)).second)
      note(kEve, taken.content);
  }
}

void Scenario::note(const std::string& reader, const std::string& report) {
  for (const Told& told : RelayWorld::told_by(report)) {
    ++told_[told];
    const std::string& from = mails_.at(told.number).from;
    EXPECT_EQ(reader, from.empty() ? "postmaster@example.org" : from) << "it's not for them";
  }
}

Scenario::Fate Scenario::fate(int number, const std::string& to) const {
  Fate fate;
  for (const Receiver& receiver : world_.receivers) {
    for (const Receiver::Taken& taken : receiver.taken) {
      if (RelayWorld::number_of(taken.content) != number ||
          taken.from.empty() != mails_.at(number).from.empty())
        continue;
      const int count = static_cast<int>(std::ranges::count(taken.recipients, to));
      fate.taken += count;
      if (taken.unsure) fate.unsure += count;
    }
  }
  for (const auto& [told, count] : told_)
    if (told.number == number && told.recipient == to) fate.told[told.action] += count;
  return fate;
}

void Scenario::judge(int number, const Mail& mail, const std::string& to) {
  Fate fate = this->fate(number, to);
  if (domain_of(to) == "real.example" && to.starts_with("yes")) {
    for (const FakeStore::Message& message : real_.store.account(to).inbox)
      if (RelayWorld::number_of(message.content) == number) ++fate.taken;
    if (fate.taken > 1) fate.unsure = std::min(fate.taken - 1, seen.stops + seen.cuts);
  }
  SCOPED_TRACE(std::to_string(number) + " from " + mail.from + " to " + to + ", taken " +
               std::to_string(fate.taken) + ", unsure " + std::to_string(fate.unsure));
  const int sure = fate.taken - fate.unsure;
  const bool wanted = mail.notify.of_failure() || mail.from.empty();
  EXPECT_LE(sure, 1);
  EXPECT_LE(fate.told["failed"], wanted ? 1 : 0);
  if (fate.taken == 0 && wanted) {
    EXPECT_EQ(fate.told["failed"], 1);
  }
  if (sure > 0) {
    EXPECT_EQ(fate.told["failed"], 0);
  }
  EXPECT_LE(fate.told["delayed"], mail.notify.said || mail.from.empty() ? 0 : 1);
  const bool asked = mail.notify.success && !mail.from.empty();
  EXPECT_LE(fate.told["relayed"], asked ? 1 : 0);
  // On a full disk what was taken is written down without a report.
  if (sure > 0 && asked && domain_of(to) != "real.example" && seen.full == 0) {
    EXPECT_EQ(fate.told["relayed"], 1);
  }
  seen.delivered += sure;
  seen.failed += fate.told["failed"];
  seen.delayed += fate.told["delayed"];
  seen.twice += fate.taken > 1;
}

void Scenario::judge() {
  look_at_reports();
  for (const auto& [number, mail] : mails_)
    for (const std::string& to : mail.to) judge(number, mail, to);
}

}  // namespace postroom::testing
