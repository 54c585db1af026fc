#include "tests/sim/workload.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "storage/sqlite/accounts.h"
#include "storage/sqlite/schema.h"

namespace postroom::testing {

namespace {

constexpr int kUsers = 3;

std::string address(int who) { return "user" + std::to_string(who) + "@example.org"; }

/// Some of a mailbox's messages, by the dice.
UidSet some_of(const KnownMailbox& mailbox, std::mt19937_64& dice) {
  UidSet chosen;
  const std::uint64_t one_in = 1 + dice() % 4;
  for (const auto& [uid, message] : mailbox.messages)
    if (dice() % one_in == 0) chosen.add(uid);
  return chosen;
}

template <class Map>
auto any_of(Map& map, std::mt19937_64& dice) {
  return std::next(map.begin(), static_cast<std::ptrdiff_t>(dice() % map.size()));
}

}  // namespace

std::string message_text(int number) {
  std::string text = "Subject: message " + std::to_string(number) + "\r\n\r\n";
  std::size_t size = 100 + static_cast<std::size_t>(number) * 7919 % 1500;
  if (number % 19 == 7) size = 70'000;
  if (number % 61 == 31) size = Spool::kHeld + 5'000;
  while (text.size() < size)
    text += std::to_string(text.size() * 31 + static_cast<std::size_t>(number)) + "\r\n";
  return text;
}

Workload::Workload(std::uint64_t seed, bool durable)
    : disk_(std::make_unique<SimDisk>()), runtime_(seed), generator_(seed) {
  sqlite::Connection::Settings settings;
  settings.vfs = disk_->vfs_name();
  sqlite::Connection db = sqlite::open_database(kFile, settings);
  sqlite::add_domain(db, "example.org");
  users_.resize(kUsers);
  for (int who = 0; who < kUsers; ++who) {
    EXPECT_EQ(sqlite::UserAdded::yes, sqlite::add_user(db, address(who), {}, {}, WallTime{}));
    users_[static_cast<std::size_t>(who)].account = sqlite::find_user(db, address(who))->id;
  }
  SqliteOptions options;
  options.vfs = disk_->vfs_name();
  options.durable = durable;
  options.slice_rows = 5;
  options.checkpoint_pages = 60;
  options.keep_expunged = std::chrono::seconds(1);
  options.terms = &words_;
  options.index_after = std::chrono::seconds(0);
  store_ = SqliteStore::open(runtime_, kFile, options);
  store_->start();
}

Workload::~Workload() = default;

void Workload::run(int steps) {
  for (User& user : users_) runtime_.spawn(move_in(user));
  runtime_.settle();
  for (int who = 0; who < kUsers; ++who) runtime_.spawn(live(who, steps, generator_()));
  const auto everybody_is_done = [&] {
    return std::all_of(users_.begin(), users_.end(), [](const User& user) { return user.done; });
  };
  for (int i = 0; i < 1000 && !everybody_is_done(); ++i) runtime_.advance(std::chrono::seconds(1));
  EXPECT_TRUE(everybody_is_done());
  disk_->before = nullptr;
  runtime_.spawn(close());
  EXPECT_TRUE(runtime_.run()) << "the store does not close";
}

Task<> Workload::close() { co_await store_->close(); }

Task<> Workload::move_in(User& user) {
  co_await adopt(user, "INBOX");
  user.inbox = user.mailboxes.begin()->first;
  co_await adopt(user, "Archive");
}

Task<> Workload::live(int who, int steps, std::uint64_t seed) {
  User& user = users_[static_cast<std::size_t>(who)];
  std::mt19937_64 dice(seed);
  for (int i = 0; i < steps; ++i) {
    co_await act(user, who, dice);
    user.under_way = UnderWay();
    if (dice() % 8 == 0)
      co_await sleep_until(runtime_, runtime_.now() + std::chrono::milliseconds(dice() % 700));
  }
  user.done = true;
}

Task<> Workload::act(User& user, int who, std::mt19937_64& dice) {
  const auto from = any_of(user.mailboxes, dice);
  const auto to = any_of(user.mailboxes, dice);
  const UidSet uids = some_of(from->second, dice);
  switch (dice() % 12) {
    case 0:
    case 1:
    case 2: co_await deliver(user, dice); break;
    case 3: co_await append(user, dice); break;
    case 4:
    case 5: co_await set_flags(user, from->first, uids, dice() % 32); break;
    case 6: co_await transfer(user, from->first, to->first, uids, false); break;
    case 7: co_await transfer(user, from->first, to->first, uids, true); break;
    case 8: co_await expunge(user, from->first, uids); break;
    case 9: co_await make_mailbox(user, who * 1000 + static_cast<int>(dice() % 5)); break;
    case 10: co_await remove_mailbox(user); break;
    default: co_await look(user, from->first); break;
  }
}

Task<> Workload::deliver(User& user, std::mt19937_64& dice) {
  const int number = ++numbers_;
  std::vector<AccountId> accounts;
  user.under_way.kind = UnderWay::Kind::deliver;
  user.under_way.number = number;
  for (int who = 0; who < kUsers; ++who) {
    if (dice() % 2 == 0) continue;
    user.under_way.recipients.push_back(who);
    accounts.push_back(users_[static_cast<std::size_t>(who)].account);
  }
  if (accounts.empty()) co_return;
  const std::string text = message_text(number);
  Spool spool(*store_);
  co_await spool.append(text);
  MessageFacts facts;
  facts.envelope = "envelope " + std::to_string(number);
  const auto deadline = runtime_.now() + std::chrono::minutes(1);
  const auto stored = co_await store_->deliver(accounts, spool, facts, deadline);
  EXPECT_EQ(accounts.size(), stored.accounts);
  for (const int who : user.under_way.recipients) {
    User& recipient = users_[static_cast<std::size_t>(who)];
    if (!recipient.seen_numbers.contains(number))
      recipient.mailboxes[recipient.inbox].unplaced.insert(number);
  }
}

Task<> Workload::append(User& user, std::mt19937_64& dice) {
  const auto box = any_of(user.mailboxes, dice);
  const int number = ++numbers_;
  user.under_way.kind = UnderWay::Kind::append;
  user.under_way.mailbox = box->first;
  user.under_way.number = number;
  user.under_way.flags = dice() % 32;
  const std::string text = message_text(number);
  Spool spool(*store_);
  co_await spool.append(text);
  Flags flags;
  flags.bits = user.under_way.flags;
  const MessageFacts facts;
  const WallTime now = runtime_.wall_now();
  const auto appended = co_await store_->append(box->first, spool, facts, flags, now);
  EXPECT_TRUE(appended && box->second.used.insert(appended->uid).second) << "a UID was used twice";
  user.seen_numbers.insert(number);
  box->second.messages[appended->uid] = Message{number, flags.bits};
}

Task<> Workload::set_flags(User& user, MailboxId where, UidSet uids, std::uint64_t flags) {
  user.under_way.kind = UnderWay::Kind::flags;
  user.under_way.mailbox = where;
  user.under_way.uids = uids;
  user.under_way.flags = flags;
  FlagChange change;
  change.flags.bits = flags;
  const FlagsStored stored = co_await store_->store_flags(where, uids, change);
  KnownMailbox& mailbox = user.mailboxes.at(where);
  for (const FlagState& state : stored.now) {
    mailbox.messages.at(state.uid).flags = state.flags.bits;
    EXPECT_EQ(flags, state.flags.bits);
  }
  EXPECT_EQ(uids.size(), stored.now.size());
  if (stored.modseq > 0) {
    EXPECT_GT(stored.modseq, mailbox.highest_modseq) << "modseq did not rise";
    mailbox.highest_modseq = stored.modseq;
  }
}

Task<> Workload::transfer(User& user, MailboxId from, MailboxId to, UidSet uids, bool move) {
  if (move && from == to) co_return;
  user.under_way.kind = move ? UnderWay::Kind::move : UnderWay::Kind::copy;
  user.under_way.mailbox = from;
  user.under_way.target = to;
  user.under_way.uids = uids;
  std::optional<Copied> copied;
  if (move) {
    copied = co_await store_->move(from, uids, to);
  } else {
    copied = co_await store_->copy(from, uids, to);
  }
  EXPECT_TRUE(copied && copied->from.size() == uids.size());
  KnownMailbox& source = user.mailboxes.at(from);
  KnownMailbox& target = user.mailboxes.at(to);
  for (std::size_t i = 0; i < copied->from.size(); ++i) {
    EXPECT_TRUE(target.used.insert(copied->to[i]).second) << "a UID was used twice";
    target.messages[copied->to[i]] = source.messages.at(copied->from[i]);
    if (move) source.messages.erase(copied->from[i]);
  }
}

Task<> Workload::expunge(User& user, MailboxId where, UidSet uids) {
  user.under_way.kind = UnderWay::Kind::expunge;
  user.under_way.mailbox = where;
  user.under_way.uids = uids;
  const Expunged gone = co_await store_->expunge(where, uids, false);
  EXPECT_EQ(uids, gone.uids);
  KnownMailbox& mailbox = user.mailboxes.at(where);
  for (const UidSet::Run& run : gone.uids.runs())
    for (Uid uid = run.first; uid <= run.last; ++uid) mailbox.messages.erase(uid);
  mailbox.highest_modseq = std::max(mailbox.highest_modseq, gone.modseq);
}

Task<> Workload::make_mailbox(User& user, int number) {
  const std::string name = "box" + std::to_string(number);
  user.under_way.kind = UnderWay::Kind::create;
  const Created created = co_await store_->create_mailbox(user.account, name, SpecialUse::none);
  if (created == Created::yes) co_await adopt(user, name);
}

Task<> Workload::remove_mailbox(User& user) {
  const auto all = co_await store_->mailboxes(user.account);
  for (const MailboxInfo& info : all) {
    if (!info.name.starts_with("box")) continue;
    user.under_way.kind = UnderWay::Kind::remove;
    user.under_way.mailbox = info.status.id;
    const Deleted deleted = co_await store_->delete_mailbox(user.account, info.name);
    EXPECT_EQ(Deleted::yes, deleted);
    user.mailboxes.erase(info.status.id);
    co_return;
  }
}

/// Finds out the UIDs of what was delivered.
Task<> Workload::look(User& user, MailboxId where) {
  KnownMailbox& mailbox = user.mailboxes.at(where);
  const UidSet after(mailbox.used.empty() ? 1 : *mailbox.used.rbegin() + 1, ~Uid{0} - 1);
  const auto rows = co_await store_->fetch(where, after, Want::flags);
  for (const MessageRow& row : rows) {
    const std::string head = co_await store_->read(row.content, 0, 64);
    const int number = std::stoi(head.substr(std::string_view("Subject: message ").size()));
    mailbox.unplaced.erase(number);
    user.seen_numbers.insert(number);
    mailbox.used.insert(row.uid);
    mailbox.messages[row.uid] = Message{number, row.flags.bits};
  }
}

Task<> Workload::adopt(User& user, std::string name) {
  const auto status = co_await store_->status(user.account, name);
  KnownMailbox known;
  known.uid_validity = status->uid_validity;
  for (const auto& [id, other] : user.mailboxes) EXPECT_NE(other.uid_validity, known.uid_validity);
  user.mailboxes.emplace(status->id, known);
}

}  // namespace postroom::testing
