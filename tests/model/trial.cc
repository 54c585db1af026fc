#include "tests/model/trial.h"

#include <algorithm>
#include <stdexcept>

#include "base/log.h"
#include "protocols/mime/facts.h"
#include "tests/model/some_command.h"
#include "tests/support/await.h"

namespace postroom::testing::model {

namespace {

constexpr std::size_t kClients = 4;
constexpr std::chrono::microseconds kSlow(500);
constexpr const char* kAddress = "alice@example.org";

[[noreturn]] void wrong(const std::string& what) { throw std::logic_error(what); }

/// What this session does not do in the same breath with something else.
bool stands_alone(const Command& command) {
  switch (command.kind) {
    case Kind::select:
    case Kind::unselect:
    case Kind::close:
    case Kind::create:
    case Kind::remove:
    case Kind::rename:
    case Kind::subscribe:
    case Kind::list: return true;
    default: return false;
  }
}

}  // namespace

Trial::Trial(std::uint64_t seed) : dice_(seed), endpoint_(make_endpoint()), world_(*endpoint_, seed) {
  log::set_level(log::Level::error);
  world_.directive({"user", kAddress, "secret"}, "");
  account_ = world_.user(kAddress).account;
  slow_ = dice_.one_in(2);
  if (slow_) world_.runtime().slow_jobs(kSlow);
  for (std::size_t i = 0; i < kClients; ++i) {
    clients_.push_back(std::make_unique<Client>(std::string(1, static_cast<char>('A' + i))));
    clients_.back()->ended = true;
  }
}

Trial::~Trial() { world_.stop(); }

std::int64_t Trial::now() const { return world_.runtime().wall_now().time_since_epoch().count(); }

void Trial::learn_mailboxes() {
  world_.runtime().slow_jobs(Duration{});
  for (const std::string& name : await(world_.runtime(), world_.store().subscriptions(account_)))
    truth_.subscribed.insert(name);
  for (const MailboxInfo& info : await(world_.runtime(), world_.store().mailboxes(account_))) {
    if (!truth_.named(info.name)) truth_.create(info.name);
    Mailbox& mailbox = *truth_.named(info.name);
    if (mailbox.validity == 0 && info.status.uid_validity <= last_validity_ && counts_.rounds > 0)
      wrong("the UIDVALIDITY of " + info.name + " is not new");
    mailbox.validity = info.status.uid_validity;
  }
  for (const Mailbox& mailbox : truth_.mailboxes) last_validity_ = std::max(last_validity_, mailbox.validity);
  if (slow_) world_.runtime().slow_jobs(kSlow);
}

std::string Trial::play(std::uint64_t steps) {
  try {
    learn_mailboxes();
    while (counts_.steps < steps) round();
    return {};
  } catch (const std::logic_error& complaint) {
    std::string all = "after " + std::to_string(counts_.steps) + " steps: " + complaint.what() + "\n";
    for (const Command& command : outside_) all += "outside " + command.text + "\n";
    for (const auto& client : clients_)
      for (const Command& command : client->commands)
        all += client->name() + " is at " + command.line() + "\n";
    return all + conversations();
  }
}

std::string Trial::conversations() const {
  std::string all;
  for (const auto& client : clients_) all += client->log();
  return all;
}

void Trial::exchange(Client& client, const std::string& text) {
  client.wire.to_server += "x " + text + "\r\n";
  client.note("C: x " + text);
  client.wire.poke();
  for (int i = 0; i < 1000 && client.wire.to_client.find("x OK") == std::string::npos; ++i)
    world_.runtime().advance(std::chrono::microseconds(100));
  if (client.wire.to_client.find("x OK") == std::string::npos)
    wrong(text + " is answered " + client.wire.to_client);
  client.wire.to_client.clear();
}

void Trial::connect(Client& client) {
  client.new_connection();
  world_.connect(client.wire);
  exchange(client, std::string("LOGIN ") + kAddress + " secret");
  client.qresync = dice_.one_in(2);
  client.condstore = client.qresync || dice_.one_in(3);
  if (client.condstore) exchange(client, client.qresync ? "ENABLE QRESYNC" : "ENABLE CONDSTORE");
  if (dice_.one_in(4)) client.wire.chunk = 1 + dice_.below(100);
}

void Trial::disconnect(Client& client) {
  client.wire.closed = true;
  client.wire.poke();
  for (int i = 0; i < 1000 && !client.wire.finished; ++i)
    world_.runtime().advance(std::chrono::microseconds(100));
  if (!client.wire.finished) wrong(client.name() + "'s session does not end with its connection");
  client.ended = true;
  client.note("-- disconnected");
}

void Trial::choose_commands(Client& client, bool alone) {
  Chooser chooser(dice_, truth_, now());
  if (client.mailbox != 0 && !truth_.by_id(client.mailbox)) {
    client.queue(Chooser::noop(client));
    return;
  }
  if (client.knows_too_little()) {
    client.queue(Chooser::learn(client));
    return;
  }
  const std::size_t count = dice_.one_in(3) ? 1 + dice_.below(3) : 1;
  for (std::size_t i = 0; i < count; ++i) {
    const Command& command = client.queue(chooser.some(client, alone, i == 0));
    if (stands_alone(command)) return;
  }
  if (client.mailbox == 0 || !dice_.one_in(20)) return;
  Command idle = Chooser::noop(client);
  idle.kind = Kind::idle;
  idle.text = "IDLE";
  client.queue(std::move(idle));
}

void Trial::choose_outside() {
  Chooser chooser(dice_, truth_, now());
  outside_.push_back(chooser.outside());
}

void Trial::choose_round() {
  const bool alone = dice_.one_in(2);
  const std::size_t several = alone ? 1 : 2 + dice_.below(2);
  for (std::size_t i = 0; i < several; ++i) {
    Client& client = *clients_[dice_.below(kClients)];
    if (!client.commands.empty()) continue;
    if (!client.ended && !client.idling && !client.knows_too_little() && dice_.one_in(100))
      disconnect(client);
    if (client.ended) connect(client);
    if (client.idling) {
      Command done = Chooser::noop(client);
      done.kind = Kind::done;
      done.text = "DONE";
      client.queue(std::move(done));
    } else {
      choose_commands(client, alone);
    }
  }
  const bool full = std::any_of(truth_.mailboxes.begin(), truth_.mailboxes.end(),
                                [](const Mailbox& mailbox) { return mailbox.mails.size() > 40; });
  if (full || (!alone && dice_.one_in(3))) choose_outside();
  for (const auto& client : clients_) {
    if (!client->idling || !client->commands.empty()) continue;
    Command waiting = Chooser::noop(*client);
    waiting.kind = Kind::waiting;
    waiting.text = "IDLE, going on";
    client->queue(std::move(waiting));
  }
  counts_.at_once += !alone;
}

Task<> Trial::deliver(unsigned text) {
  Spool spool(world_.store());
  co_await spool.append(text_of(text).bytes);
  MessageFacts facts = mime::facts_of(text_of(text).bytes);
  std::vector<AccountId> accounts(1, account_);
  co_await world_.store().deliver(std::move(accounts), spool, std::move(facts), kNever);
  --under_way_;
}

Task<> Trial::drop(std::string name, std::vector<Uid> uids) {
  const std::optional<MailboxStatus> status = co_await world_.store().status(account_, std::move(name));
  UidSet set;
  for (const Uid uid : uids) set.add(uid);
  co_await world_.store().expunge(status->id, std::move(set), false);
  --under_way_;
}

void Trial::act_outside(Command& command) {
  ++under_way_;
  ++counts_.outside;
  if (command.kind == Kind::deliver) {
    world_.runtime().spawn(deliver(command.mails[0].text));
  } else {
    world_.runtime().spawn(drop(command.name, command.dropped));
  }
}

bool Trial::all_answered() const {
  return under_way_ == 0 && std::all_of(clients_.begin(), clients_.end(), [](const auto& client) {
           return client->ended || client->answered();
         });
}

void Trial::let_pass() {
  world_.runtime().settle();
  for (int i = 0;; ++i) {
    for (const auto& client : clients_)
      if (!client->ended) client->hear();
    if (all_answered()) break;
    if (i == 1000) wrong("a command is not answered");
    world_.runtime().advance(std::chrono::microseconds(200));
  }
  const bool pushes = slow_ && std::any_of(clients_.begin(), clients_.end(),
                                           [](const auto& client) { return client->idling; });
  if (pushes) world_.runtime().advance(std::chrono::milliseconds(20));
  for (const auto& client : clients_) {
    if (client->ended && client->commands.empty()) continue;
    client->hear();
    client->end_round();
  }
}

void Trial::round() {
  outside_.clear();
  for (const auto& client : clients_) client->commands.clear();
  choose_round();
  ++counts_.rounds;
  for (const auto& client : clients_)
    if (!client->commands.empty()) client->say();
  for (Command& command : outside_) act_outside(command);
  let_pass();
  judge_round();
  for (const auto& client : clients_)
    if (!client->commands.empty()) remember(*client);
}

Mailbox Trial::stored(const MailboxInfo& info, const std::vector<std::string>& keywords) const {
  Mailbox mailbox;
  mailbox.name = info.name;
  mailbox.next = info.status.uid_next;
  mailbox.highest = info.status.highest_modseq;
  if (info.status.uid_next == 1) return mailbox;
  const UidSet all(1, info.status.uid_next - 1);
  for (const MessageRow& row :
       await(world_.runtime(), world_.store().fetch(info.status.id, all, Want::flags))) {
    FlagSet flags;
    for (unsigned bit = 0; bit < kSystemFlags; ++bit)
      if (row.flags.bits >> bit & 1) flags.emplace(kFlags[bit]);
    for (unsigned number = 0; number < keywords.size(); ++number)
      if (row.flags.bits & Flags::keyword(number)) flags.insert(keywords[number]);
    Mail mail;
    mail.uid = row.uid;
    mail.flags = bits_of(flags);
    mail.modseq = row.modseq;
    mailbox.mails.push_back(mail);
  }
  return mailbox;
}

/// What the store holds, not by way of any session.
std::vector<Mailbox> Trial::look() const {
  std::vector<Mailbox> all;
  world_.runtime().slow_jobs(Duration{});
  const std::vector<std::string> keywords = await(world_.runtime(), world_.store().keywords(account_));
  for (const MailboxInfo& info : await(world_.runtime(), world_.store().mailboxes(account_))) {
    const Mailbox* before = truth_.named(info.name);
    if (!before) continue;
    const bool same = before->highest == info.status.highest_modseq && before->next == info.status.uid_next;
    all.push_back(same ? *before : stored(info, keywords));
  }
  if (slow_) world_.runtime().slow_jobs(kSlow);
  return all;
}

void Trial::judge_round() {
  std::vector<Judge::Lane> lanes;
  std::vector<Client*> whose;
  for (const auto& client : clients_) {
    if (client->commands.empty()) continue;
    lanes.push_back({&client->commands, client->name(), {}, {}, false});
    whose.push_back(client.get());
    for (const Command& command : client->commands) {
      counts_.steps += command.kind != Kind::waiting;
      counts_.selects += command.kind == Kind::select;
      counts_.resyncs += command.resync;
      counts_.idle += command.kind == Kind::waiting && !command.answer.fetched.empty();
    }
  }
  if (!outside_.empty()) lanes.push_back({&outside_, "outside", {}, {}, false});
  const std::vector<Mailbox> found = look();
  Judge judge(truth_, lanes, found);
  const std::string complaint = judge.explain();
  counts_.orders += lanes.size() > 1 ? judge.orders() : 0;
  if (!complaint.empty()) wrong(complaint);
  const std::size_t known = truth_.mailboxes.size();
  truth_ = judge.truth();
  const bool fresh = std::any_of(truth_.mailboxes.begin(), truth_.mailboxes.end(),
                                 [](const Mailbox& mailbox) { return mailbox.validity == 0; });
  if (fresh || truth_.mailboxes.size() != known) learn_mailboxes();
  for (std::size_t i = 0; i < whose.size(); ++i) adopt(*whose[i], lanes[i]);
  check_recent_counts();
  claim_recent();
}

/// The client learns the UIDs that it was not told: it has asked, as it were, and nothing has changed.
void Trial::adopt(Client& client, const Judge::Lane& lane) {
  if (lane.saved_unsure) client.saved_known = false;
  if (lane.saved && !lane.saved_unsure) {
    client.saved_known = true;
    client.saved.clear();
    for (const Picture::Entry& entry : client.picture.entries())
      if (std::find(lane.saved->begin(), lane.saved->end(), entry.uid) != lane.saved->end())
        client.saved.push_back(entry.uid);
  }
  if (!lane.picture || client.mailbox == 0 || client.ended) return;
  client.picture.entries() = *lane.picture;
}

/// RFC 3501 2.3.2: a message is recent for one session, the first that is told of it.
void Trial::claim_recent() {
  for (const auto& client : clients_) {
    if (!claims(*client)) continue;
    for (const Picture::Entry& entry : client->picture.entries()) {
      if (entry.uid == 0 || !entry.recent) continue;
      const std::pair<const Client*, std::size_t> session{client.get(), client->selection};
      const auto claim = claims_.try_emplace({client->mailbox, entry.uid}, session).first;
      if (claim->second != session) wrong("UID " + std::to_string(entry.uid) + " is recent for two sessions");
    }
  }
  for (const auto& client : clients_)
    if (const Mailbox* mailbox = truth_.by_id(client->mailbox); mailbox && !client->recent_known)
      unsure_[mailbox->id] = mailbox->next;
  for (const auto& client : clients_)
    if (claims(*client) && !client->commands.empty()) check_not_recent(*client);
}

bool Trial::claims(const Client& client) {
  return client.mailbox != 0 && !client.read_only && !client.ended && client.recent_known;
}

/// What is not recent for this session is so for another.
void Trial::check_not_recent(const Client& client) const {
  const Mailbox* mailbox = truth_.by_id(client.mailbox);
  if (!mailbox || claims_unsure(*mailbox)) return;
  for (const Picture::Entry& entry : client.picture.entries())
    if (!entry.recent && entry.uid >= first_sure(*mailbox) && mailbox->find(entry.uid) &&
        !claims_.contains({client.mailbox, entry.uid}))
      wrong("UID " + std::to_string(entry.uid) + " is recent for nobody");
}

Uid Trial::first_sure(const Mailbox& mailbox) const {
  const auto unsure = unsure_.find(mailbox.id);
  return unsure == unsure_.end() ? 1 : unsure->second;
}

/// Somebody may have been told of messages without it being clear of which.
bool Trial::claims_unsure(const Mailbox& mailbox) const {
  return std::any_of(clients_.begin(), clients_.end(), [&](const auto& client) {
    return client->mailbox == mailbox.id && (client->knows_too_little() || !client->recent_known);
  });
}

void Trial::check_recent_counts() {
  if (!outside_.empty()) return;
  std::vector<const Command*> all;
  for (const auto& client : clients_)
    for (const Command& command : client->commands) all.push_back(&command);
  if (all.size() != 1 || all[0]->kind != Kind::status || all[0]->answer.lines.empty()) return;
  const Mailbox& mailbox = *truth_.named(all[0]->name);
  if (claims_unsure(mailbox) || (!mailbox.mails.empty() && mailbox.mails.front().uid < first_sure(mailbox)))
    return;
  const auto unclaimed = std::count_if(mailbox.mails.begin(), mailbox.mails.end(), [&](const Mail& mail) {
    return !claims_.contains({mailbox.id, mail.uid});
  });
  const std::string recent = "RECENT " + std::to_string(unclaimed) + " ";
  if (all[0]->answer.lines[0].find(recent) == std::string::npos) wrong("STATUS should have " + recent);
}

/// Now and then, so that there is something to resynchronise.
void Trial::remember(Client& client) {
  if (client.ended || !client.qresync || client.mailbox == 0 || client.known == 0 || !dice_.one_in(4)) return;
  const Mailbox* mailbox = truth_.by_id(client.mailbox);
  if (!mailbox) return;
  const bool all = std::all_of(client.picture.entries().begin(), client.picture.entries().end(),
                               [](const Picture::Entry& entry) { return entry.uid != 0 && entry.flags; });
  if (!all) return;
  client.cache = {client.mailbox, mailbox->validity, client.known, client.picture.entries()};
}

}  // namespace postroom::testing::model
