#include "tests/sim/net/scenario.h"

#include "base/log.h"
#include "protocols/mime/facts.h"
#include "protocols/sasl/scram.h"
#include "storage/sqlite/accounts.h"
#include "storage/sqlite/schema.h"
#include "tests/sim/net/imap_client.h"
#include "tests/sim/net/pop3_client.h"
#include "tests/sim/net/smtp_client.h"
#include "tests/support/await.h"

namespace postroom::testing {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* kFile = "postroom.db";
constexpr int kAccounts = 2;
const std::string kKey(32, 'k');

std::string address(int account) { return "user" + std::to_string(account) + "@example.org"; }

sqlite::Connection connect(const SimDisk& disk) {
  sqlite::Connection::Settings settings;
  settings.vfs = disk.vfs_name();
  settings.durable = false;
  return sqlite::open_database(kFile, settings);
}

/// With the accounts, made once: copying it is faster.
const SimDisk& furnished_disk() {
  static const SimDisk disk;
  if (!disk.files.empty()) return disk;
  sqlite::Connection db = connect(disk);
  sqlite::add_domain(db, "example.org");
  const auto verifier = sasl::make_verifier("secret", "0123456789abcdef", 16);
  for (int account = 0; account < kAccounts; ++account)
    sqlite::add_user(db, address(account), *verifier, {}, WallTime{});
  return disk;
}

SqliteOptions options(const SimDisk& disk) {
  SqliteOptions options;
  options.vfs = disk.vfs_name();
  options.durable = false;
  options.slice_rows = 3;
  options.slice_time = std::chrono::hours(1);  // by the clock on the wall no seed would be the same twice
  options.checkpoint_pages = 200;
  return options;
}

/// What somebody says who then falls asleep.
const char* words(Port port) {
  switch (port) {
    case Port::smtp:
      return "EHLO sleeper\r\nMAIL FROM:<>\r\nRCPT TO:<user0@example.org>\r\nDATA\r\nSubject: half a mess";
    case Port::submission: return "EHLO sleeper\r\nAUTH PLAIN\r\n";
    case Port::pop3:
      return "USER user1@example.org\r\nPASS secret\r\nLIST\r\nRETR 1\r\nRETR 2\r\nRETR 3\r\nUI";
    case Port::imap:
      return "a LOGIN user1@example.org secret\r\nb SELECT INBOX\r\nc FETCH 1:* BODY.PEEK[]\r\nd IDLE\r\n";
  }
  return "";
}

Task<> say_and_sleep(Caller& caller, std::string text) {
  try {
    co_await caller.say(text);
  } catch (const ConnectionEnded&) {
    // The server has had enough.
  }
}

}  // namespace

Scenario::Scenario(std::uint64_t seed)
    : dice_(seed),
      disk_(furnished_disk().after_power_cut(SimDisk::Loss::nothing, 0)),
      runtime_(seed),
      store_(SqliteStore::open(runtime_, kFile, options(*disk_))),
      authenticator_(runtime_, *store_, kKey),
      gate_(runtime_),
      service_(runtime_, *store_, authenticator_, gate_, &tls_, "mail.example.org", false),
      net_(runtime_, dice_()),
      pace_(std::chrono::milliseconds(one_in(2) ? 2'000 : 50)),
      calm_(one_in(4)),
      much_(one_in(50)) {
  log::set_level(log::Level::error);
  for (int account = 0; account < kAccounts; ++account)
    accounts_.push_back(await(runtime_, store_->credentials(address(account)))->account);
}

void Scenario::log(const std::string& who, const std::string& what) {
  if (!keeps_log_) return;
  constexpr std::size_t kMost = 300;  // of a whole message
  const auto time = std::chrono::duration_cast<std::chrono::microseconds>(runtime_.now() - TimePoint{});
  log_ += std::to_string(time.count()) + " " + who + " " + what.substr(0, kMost) + "\n";
}

SimNet::Conditions Scenario::conditions() {
  constexpr std::size_t kSizes[] = {1 << 16, 4380, 1 << 16, 250, 30};
  const std::size_t sizes = much_ ? 2 : std::size(kSizes);
  SimNet::Conditions conditions;
  conditions.piece = kSizes[dice_() % sizes];
  conditions.window = kSizes[dice_() % sizes];
  const bool narrow = conditions.window < 1000;
  conditions.delay = std::chrono::microseconds(one_in(2) && !narrow ? 200'000 : 2'000);
  conditions.restless = one_in(4);
  if (calm_ || !one_in(2)) return conditions;
  conditions.reset_after[dice_() % 2] = dice_() % (one_in(2) ? 1'000 : 20'000);
  return conditions;
}

std::unique_ptr<Caller> Scenario::call(Port port) {
  if (!listening_) return nullptr;
  SimNet::Connected connected = net_.connect(conditions());
  Connection connection;
  connection.stream = std::move(connected.server);
  connection.peer.address = "192.0.2.1";
  connection.peer.loopback = true;
  serve(port, std::move(connection));
  const Duration patience = std::chrono::milliseconds(one_in(4) ? 50 : 0);
  return std::make_unique<Caller>(runtime_, std::move(connected.client), patience, dice_());
}

void Scenario::serve(Port port, Connection connection) {
  switch (port) {
    case Port::smtp:
    case Port::submission: {
      const smtp::Port kind = port == Port::smtp ? smtp::Port::transfer : smtp::Port::submission;
      return runtime_.spawn(smtp::serve(std::move(connection), service_, smtp_, kind, send_limits_));
    }
    case Port::pop3: return runtime_.spawn(pop3::serve(std::move(connection), service_, pop3_, maildrops_));
    case Port::imap: return runtime_.spawn(imap::serve(std::move(connection), service_, imap_));
  }
}

void Scenario::add(std::unique_ptr<Client> client) {
  ++busy_;
  ++present_;
  runtime_.spawn(client->live());
  clients_.push_back(std::move(client));
}

void Scenario::add_sleeper(Port port) {
  sleepers_.push_back(call(port));
  runtime_.spawn(say_and_sleep(*sleepers_.back(), words(port)));
}

void Scenario::add_clients() {
  using Role = ImapClient::Role;
  const std::size_t senders = 1 + dice_() % 3;
  for (std::size_t i = 0; i < senders; ++i)
    add(std::make_unique<SmtpClient>(*this, "smtp" + std::to_string(i), dice_()));
  const bool alike = one_in(4);
  for (Role role : {Role::idles, Role::stores, Role::expunges}) {
    if (alike) role = Role::stores;
    const std::string name = "imap" + std::to_string(clients_.size());
    add(std::make_unique<ImapClient>(*this, name, one_in(8) ? 1 : 0, role, dice_()));
  }
  add(std::make_unique<Pop3Client>(*this, "pop3", one_in(4) ? 1 : 0, dice_()));
  if (one_in(8)) add_sleeper(static_cast<Port>(dice_() % 4));
}

/// As the server stops.
Task<> Scenario::stop() {
  const TimePoint begin =
      runtime_.now() + Duration(dice_() % (4 * static_cast<std::uint64_t>(pace_.count())));
  co_await sleep_until(runtime_, begin);
  ++seen_.drains;
  log("server", "-- stops");
  listening_ = false;
  gate_.drain();
  const seconds grace(one_in(4) ? 0 : 30);
  const bool left = co_await gate_.closed(runtime_.now() + grace);
  if (!left) gate_.abort();
  co_await gate_.closed(kNever);
  log("server", "-- has stopped");
}

void Scenario::wait_until_nobody(const std::size_t& count, const char* what) {
  for (int i = 0; i < 4000 && count > 0; ++i) runtime_.advance(seconds(1));
  if (count > 0) ledger_.complain("after an hour somebody still " + std::string(what));
}

/// Mostly a few messages; sometimes so much that one FETCH reads it in several goes.
void Scenario::fill_inboxes() {
  const std::size_t count = much_ ? 14 : dice_() % 6;
  for (std::size_t i = 0; i < count; ++i)
    add_message(!much_ && one_in(4) ? 1 : 0, much_ ? 55'000 : 100 + dice_() % 1'000);
}

void Scenario::add_message(int account, std::size_t size) {
  const int number = ledger_.compose(std::vector<int>(1, account), false, size);
  const std::string text = ledger_.text(number);
  const AccountId id = accounts_[static_cast<std::size_t>(account)];
  const MailboxId inbox = await(runtime_, store_->status(id, "INBOX"))->id;
  Spool spool(*store_);
  await(runtime_, spool.append(text));
  Flags flags;
  flags.bits = one_in(2) ? Flags::seen : 0;
  await(runtime_, store_->append(inbox, spool, mime::facts_of(text), flags, runtime_.wall_now()));
  ledger_.message(number).fate = Ledger::Fate::stored;
}

std::string Scenario::run() {
  fill_inboxes();
  if (!one_in(4)) runtime_.slow_jobs(std::chrono::microseconds(one_in(2) ? 500 : 20'000));
  add_clients();
  if (one_in(4)) runtime_.spawn(stop());
  wait_until_nobody(busy_, "is busy");
  runtime_.advance(seconds(30));
  quiet_ = true;
  wait_until_nobody(present_, "is connected");
  look_whether_all_left();
  runtime_.slow_jobs(Duration{});
  std::map<int, Ledger::Found> all;
  for (int account = 0; account < kAccounts; ++account) all[account] = found(account);
  ledger_.judge(all);
  close();
  seen_.stored = ledger_.count(Ledger::Fate::stored);
  seen_.unknown = ledger_.count(Ledger::Fate::unknown);
  seen_.net = net_.counts();
  return ledger_.complaints();
}

/// A session ends when its connection does; the one of a client that sleeps, when its time is over.
void Scenario::look_whether_all_left() {
  runtime_.advance(seconds(5));
  if (gate_.inside() > sleepers_.size()) ledger_.complain("a session has not ended with its connection");
  if (!sleepers_.empty()) runtime_.advance(minutes(61));
  if (gate_.inside() > 0) ledger_.complain("a session has not ended in its time");
  sleepers_.clear();
  gate_.abort();
  runtime_.advance(seconds(5));
  if (gate_.inside() > 0) ledger_.complain("a session has not ended by abort()");
}

Task<std::vector<Picture::Truth>> Scenario::truth(int account) {
  const AccountId id = accounts_[static_cast<std::size_t>(account)];
  const auto inbox = co_await store_->open(id, "INBOX", false);
  const std::vector<std::string> keywords = co_await store_->keywords(id);
  constexpr const char* kSystem[] = {"\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"};
  std::vector<Picture::Truth> truth;
  UidSet left = inbox->uids;
  while (!left.empty()) {
    const std::vector<MessageRow> rows = co_await store_->fetch(inbox->status.id, left, Want::flags);
    if (rows.empty()) break;
    left = left.after(rows.back().uid);
    for (const MessageRow& row : rows) {
      Picture::Truth& message = truth.emplace_back();
      message.uid = row.uid;
      message.modseq = row.modseq;
      for (unsigned bit = 0; bit < Flags::first_keyword; ++bit)
        if (row.flags.bits >> bit & 1) message.flags.insert(kSystem[bit]);
      for (unsigned number = 0; number < keywords.size(); ++number)
        if (row.flags.bits & Flags::keyword(number)) message.flags.insert(keywords[number]);
    }
  }
  co_return truth;
}

Ledger::Found Scenario::found(int account) {
  const AccountId id = accounts_[static_cast<std::size_t>(account)];
  const auto inbox = await(runtime_, store_->open(id, "INBOX", false));
  Ledger::Found found;
  found.uid_next = inbox->status.uid_next;
  UidSet left = inbox->uids;
  while (!left.empty()) {
    const auto rows = await(runtime_, store_->fetch(inbox->status.id, left, 0));
    if (rows.empty()) break;
    left = left.after(rows.back().uid);
    for (const MessageRow& row : rows)
      found.contents[row.uid] = await(runtime_, store_->read(row.content, 0, 1 << 20));
  }
  return found;
}

void Scenario::close() {
  runtime_.spawn(store_->close());
  over_ = runtime_.run();
  if (!over_) ledger_.complain("a coroutine is left suspended");
}

}  // namespace postroom::testing
