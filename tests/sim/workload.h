// A seeded office: several users at once deliver, append, flag, copy, move, expunge, make and remove
// mailboxes, and remember what the store has acknowledged. After a power cut at any moment, what was
// acknowledged must be there, what was under way may be, and nothing else.
#pragma once

#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "storage/sqlite/store.h"
#include "tests/sim/sim_disk.h"
#include "tests/support/sim_runtime.h"
#include "tests/support/word_terms.h"

namespace postroom::testing {

/// The bytes of the message with a number: mostly small, some of several chunks, a few that are staged.
std::string message_text(int number);

struct Message {
  int number = 0;
  std::uint64_t flags = 0;
};

/// What a user knows for certain of a mailbox.
struct KnownMailbox {
  std::uint32_t uid_validity = 0;
  std::map<Uid, Message> messages;
  std::set<Uid> used;      ///< all UIDs ever seen in it
  std::set<int> unplaced;  ///< delivered, but the user has not looked for the UID yet
  ModSeq highest_modseq = 0;
};

/// What a user has asked for and not been answered.
struct UnderWay {
  enum class Kind { nothing, deliver, append, flags, copy, move, expunge, create, remove };
  Kind kind = Kind::nothing;
  MailboxId mailbox{};
  MailboxId target{};
  UidSet uids;
  int number = 0;               ///< of the message that comes in
  std::vector<int> recipients;  ///< indices of users
  std::uint64_t flags = 0;      ///< what `uids` will have
};

struct User {
  AccountId account{};
  MailboxId inbox{};
  std::map<MailboxId, KnownMailbox> mailboxes;
  std::set<int> seen_numbers;  ///< messages found in the inbox before their delivery was acknowledged
  UnderWay under_way;
  bool done = false;
};

class Workload {
 public:
  Workload(std::uint64_t seed, bool durable);
  ~Workload();

  /// Everybody does `steps` things; the store is closed at the end.
  void run(int steps);

  SimDisk& disk() { return *disk_; }

  /// What is wrong with a disk found after a cut at this moment; empty: nothing.
  std::string judge(const SimDisk& found) const;

  static constexpr const char* kFile = "postroom.db";

 private:
  Task<> move_in(User& user);
  Task<> live(int who, int steps, std::uint64_t seed);
  Task<> act(User& user, int who, std::mt19937_64& dice);
  Task<> deliver(User& user, std::mt19937_64& dice);
  Task<> append(User& user, std::mt19937_64& dice);
  Task<> set_flags(User& user, MailboxId where, UidSet uids, std::uint64_t flags);
  Task<> transfer(User& user, MailboxId from, MailboxId to, UidSet uids, bool move);
  Task<> expunge(User& user, MailboxId where, UidSet uids);
  Task<> make_mailbox(User& user, int number);
  Task<> remove_mailbox(User& user);
  Task<> look(User& user, MailboxId where);
  Task<> adopt(User& user, std::string name);
  Task<> close();

  std::unique_ptr<SimDisk> disk_;
  SimRuntime runtime_;
  const WordTerms words_;
  std::unique_ptr<SqliteStore> store_;
  std::vector<User> users_;
  std::mt19937_64 generator_;
  int numbers_ = 0;
};

}  // namespace postroom::testing
