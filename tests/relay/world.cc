#include "tests/relay/world.h"

#include "base/log.h"
#include "protocols/mime/facts.h"
#include "protocols/mime/form_scan.h"
#include "storage/sqlite/accounts.h"

namespace postroom::testing {

namespace {

constexpr const char* kFile = "mail.db";

std::string value_of(std::string_view text, std::string_view name, std::size_t from = 0) {
  const std::size_t at = text.find(name, from);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = text.substr(at + name.size());
  return std::string(rest.substr(0, rest.find("\r\n")));
}

}  // namespace

RelayWorld::RelayWorld(std::uint64_t seed)
    : runtime(seed),
      net(runtime, seed),
      dialer(runtime, net),
      fetcher(runtime),
      disk(std::make_unique<SimDisk>()) {
  log::set_level(log::Level::error);
  options.hostname = "mail.example.org";
  make_users();
}

RelayWorld::~RelayWorld() {
  if (store) stop();
}

sqlite::Connection RelayWorld::database() const {
  sqlite::Connection::Settings settings;
  settings.vfs = disk->vfs_name();
  return sqlite::open_database(kFile, settings);
}

void RelayWorld::make_users() {
  sqlite::Connection db = database();
  sqlite::add_domain(db, "example.org");
  for (const char* user : {"alice@example.org", "bob@example.org", "postmaster@example.org"}) {
    sqlite::add_user(db, user, Verifier(), {}, WallTime{});
    users_[user] = sqlite::find_user(db, user)->id;
  }
  sqlite::add_alias(db, "away@example.org", {"eve@one.example"});
}

Receiver& RelayWorld::domain(const std::string& name) {
  Receiver& made = receivers.emplace_back(runtime);
  const std::string address =
      "10.0." + std::to_string(receivers.size() / 250) + "." + std::to_string(receivers.size() % 250);
  resolver[name].mx = {{10, "mx." + name}};
  resolver["mx." + name].addresses = {address};
  dialer.peers[address].serve = [&made](std::unique_ptr<Stream> stream) {
    return made.serve(std::move(stream));
  };
  addresses_[name] = address;
  return made;
}

std::string RelayWorld::text(int number, std::size_t size) {
  std::string text = "Received: from here\r\nSubject: message " + std::to_string(number) + ".\r\n\r\n";
  while (text.size() < size) text += "." + std::to_string(text.size() * 31) + "\r\n";
  return text;
}

int RelayWorld::send(const std::string& from, const std::vector<std::string>& recipients, Notify notify,
                     std::size_t size) {
  Outgoing outgoing;
  for (const std::string& recipient : recipients) {
    outgoing.recipients.emplace_back(recipient);
    outgoing.recipients.back().dsn.notify = notify;
  }
  return send(from, std::move(outgoing), size);
}

int RelayWorld::send(const std::string& from, Outgoing outgoing, std::size_t size) {
  const int number = ++last_;
  outgoing.id = std::to_string(number);
  outgoing.reverse_path = from;
  wait(deliver(std::move(outgoing), "Return-Path: <" + from + ">\r\n" + text(number, size)));
  return number;
}

void RelayWorld::send_content(const std::string& from, const std::string& recipient,
                              const std::string& content) {
  Outgoing outgoing;
  outgoing.id = std::to_string(++last_);
  outgoing.reverse_path = from;
  outgoing.recipients.emplace_back(recipient);
  outgoing.form = mime::form_of(content);
  wait(deliver(std::move(outgoing), "Return-Path: <" + from + ">\r\n" + content));
}

Task<> RelayWorld::deliver(Outgoing outgoing, std::string content) {
  Spool spool(*store);
  co_await spool.append(content);
  Delivery delivery;
  delivery.outgoing.push_back(std::move(outgoing));
  MessageFacts facts = mime::facts_of(content);
  co_await store->deliver(std::move(delivery), spool, std::move(facts), kNever);
}

void RelayWorld::start() {
  SqliteOptions settings;
  settings.vfs = disk->vfs_name();
  settings.slice_time = hours(1);
  settings.keep_expunged = seconds(0);
  store = SqliteStore::open(runtime, kFile, settings);
  store->start();
  dialer.stopped = false;
  relay = std::make_unique<relay::Relay>(runtime, *store, *store, *store, resolver, dialer, fetcher, options);
  runtime.spawn(relay->run());
}

// As the server does.
Task<> RelayWorld::wind_down(Duration grace) {
  relay->drain();
  co_await relay->closed(runtime.now() + grace);
  store->stop();
  relay->abort();
  dialer.stopped = true;
  co_await relay->closed(kNever);
  co_await store->close();
}

void RelayWorld::stop(Duration grace) {
  runtime.spawn(wind_down(grace));
  EXPECT_TRUE(runtime.run()) << "something is left suspended";
  relay.reset();
  store.reset();
}

void RelayWorld::crash(SimDisk::Loss loss) {
  std::unique_ptr<SimDisk> survivor = disk->after_power_cut(loss, 7);
  relay->abort();
  stop(Duration{});
  old_disks_.push_back(std::exchange(disk, std::move(survivor)));
  start();
}

bool RelayWorld::finish(Duration most) {
  const TimePoint end = runtime.now() + most;
  while (queued() > 0 && runtime.now() < end) pass(minutes(1));
  return queued() == 0;
}

std::size_t RelayWorld::queued() {
  std::size_t count = 0;
  const WallTime ever = runtime.wall_now() + hours(24 * 365);
  for (const QueuedMail& mail : wait(store->late(ever, false, {}, 100'000))) count += mail.recipients.size();
  return count;
}

std::vector<std::string> RelayWorld::inbox(const std::string& user) {
  std::vector<std::string> all;
  const auto inbox = wait(store->open(users_.at(user), "INBOX", false));
  UidSet left = inbox->uids;
  while (!left.empty()) {
    const std::vector<MessageRow> rows = wait(store->fetch(inbox->status.id, left, 0));
    if (rows.empty()) break;
    left = left.after(rows.back().uid);
    for (const MessageRow& row : rows) all.push_back(wait(store->read(row.content, 0, 1 << 20)));
  }
  return all;
}

std::vector<Told> RelayWorld::told(const std::string& user) {
  std::vector<Told> all;
  for (const std::string& report : inbox(user))
    for (Told& one : told_by(report)) all.push_back(std::move(one));
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<Told> RelayWorld::told_by(const std::string& report) {
  std::vector<Told> all;
  const std::string field = "Final-Recipient: rfc822;";
  for (std::size_t at = report.find(field); at != std::string::npos; at = report.find(field, at + 1)) {
    Told& one = all.emplace_back();
    one.number = number_of(report);
    one.recipient = value_of(report, field, at);
    while (one.recipient.starts_with(' ')) one.recipient.erase(0, 1);
    one.action = value_of(report, "Action: ", at);
  }
  return all;
}

int RelayWorld::number_of(const std::string& message) {
  const std::string number = value_of(message, "Subject: message ");
  return number.empty() ? 0 : std::stoi(number);
}

int RelayWorld::count(const Receiver& receiver, int number, const std::string& recipient) {
  int count = 0;
  for (const Receiver::Taken& taken : receiver.taken)
    if (number_of(taken.content) == number)
      count += static_cast<int>(std::count(taken.recipients.begin(), taken.recipients.end(), recipient));
  return count;
}

}  // namespace postroom::testing
